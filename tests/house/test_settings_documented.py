"""The reference of the settings is what the code declares, and the code reads nothing else."""

import ast
from collections.abc import Iterator

from langgraph_server.variables.groups import groups
from langgraph_server.variables.reference import markdown
from tests.support.documented import PACKAGES, ROOT, variables

REFERENCE = ROOT / "docs" / "reference" / "settings.md"
#: Read, and not settings: the reference's prose says whose they are.
OTHERS = {"LANGSMITH_API_KEY", "LANGSMITH_TRACING", "LANGGRAPH_SERVER_SUPERVISOR"}
#: Read by their name: by `env`, before there is a variable, and by Django.
BY_OTHERS = {"application.CONFIG", "installation.SETTINGS_MODULE"}


def test_the_page_is_what_the_code_declares() -> None:
    assert REFERENCE.read_text() == markdown(), "make reference"


def test_every_variable_is_declared_once() -> None:
    names = [name for group in groups() for variable in group.variables for name in variable.names]

    assert len(names) == len(set(names)) > 50
    assert {group.name for group in groups()} == {
        path.stem for path in (ROOT / "langgraph_server/variables").glob("*.py")
    } - {"__init__", "variable", "groups", "reference", "present"}


def constants(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value.isupper():
            yield each.value


def asked(tree: ast.AST) -> Iterator[str]:
    """Names that are written out where the environment is read."""
    for node in ast.walk(tree):
        taken = isinstance(node, ast.Call) or (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load))
        if taken and ast.unparse(node).startswith(
            ("os.environ.get(", "os.environ.pop(", "os.environ[", "os.getenv(", "env.")
        ):
            yield from constants(node)


def test_nothing_is_read_that_is_not_declared() -> None:
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    read = {name for path in sources for name in asked(ast.parse(path.read_text()))}

    assert {"LANGGRAPH_CONFIG", "LANGGRAPH_AUTH_TYPE"} <= read
    assert read <= variables() | OTHERS


def test_every_declared_variable_is_read() -> None:
    """By its name, which its own library reads, or by what it is called in its group."""
    text = "".join(path.read_text() for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    for group in groups():
        module = ast.parse((ROOT / f"langgraph_server/variables/{group.name}.py").read_text())
        for statement in module.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                attribute = statement.targets[0].id
                used = text.count(f"{group.name}.{attribute}") + text.count(
                    f"variables.{group.name} import {attribute}"
                )
                assert used or f"{group.name}.{attribute}" in BY_OTHERS, f"{group.name}.{attribute}"
