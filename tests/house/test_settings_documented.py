"""Every environment variable that the settings read is in the reference."""

import ast
import re
from pathlib import Path

import pytest

#: Defaults that prose says better.
SAID = {"SECRET_KEY", "HTTP_MAX_REQUEST_BODY_BYTES"}
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


def defaults() -> list[tuple[str, str]]:
    """Of the variables whose default is written as it is: what the code falls back to."""
    tree = ast.parse((ROOT / "langgraph_server" / "settings.py").read_text())
    found = []
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or not call.args:
            continue
        default = next((word.value for word in call.keywords if word.arg == "default"), None)
        name = ast.literal_eval(call.args[0]) if isinstance(call.args[0], ast.Constant) else None
        if isinstance(default, ast.Constant) and default.value != "" and name and name not in SAID:
            found.append(
                (str(name), str(default.value).lower() if isinstance(default.value, bool) else str(default.value))
            )
    return sorted(found)


@pytest.mark.parametrize(("name", "default"), defaults())
def test_the_reference_tells_the_default_that_the_code_has(name: str, default: str) -> None:
    (told,) = re.findall(
        rf"^\|[^|]*`{name}`[^|]*\|([^|]*)\|", REFERENCE.read_text().partition("## Names that")[0], re.MULTILINE
    )

    assert default in told
