"""Every environment variable that the settings read is in the reference."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "settings.md"


def variables() -> list[str]:
    """The names given to `env.…(…)`: its positional texts, the aliases among them."""
    tree = ast.parse((ROOT / "langgraph_server" / "settings.py").read_text())
    return sorted(
        {
            argument.value
            for call in ast.walk(tree)
            if isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id == "env"
            for argument in call.args
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        }
    )


def test_the_settings_read_the_environment() -> None:
    assert {"DATABASE_URI", "REDIS_URI", "N_JOBS_PER_WORKER"} <= set(variables())


@pytest.mark.parametrize("name", variables())
def test_every_variable_is_in_the_reference(name: str) -> None:
    assert f"`{name}`" in REFERENCE.read_text()
