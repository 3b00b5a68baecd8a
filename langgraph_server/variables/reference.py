"""The page of the reference: prose of a template, and between it what the variables say of themselves."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.template.loader import render_to_string

from langgraph_server.variables.groups import groups
from langgraph_server.variables.variable import Variable


def markdown() -> str:
    found = groups()
    tables = {group.name: table(["Variable", "Default", "Effect"], map(row, group.variables)) for group in found}
    differing = [variable for group in found for variable in group.variables if variable.official]
    tables["differing"] = table(["Variable", "Here", "Official server"], map(comparison, differing))
    return render_to_string("langgraph_server/settings.md", tables)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [line(head), "|---" * len(head) + "|", *map(line, rows)]
    return "\n".join(lines)


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def row(variable: Variable[Any]) -> Sequence[str]:
    return ", ".join(f"`{name}`" for name in variable.names), variable.default, variable.effect


def comparison(variable: Variable[Any]) -> Sequence[str]:
    return f"`{variable.name}`", variable.default, variable.official
