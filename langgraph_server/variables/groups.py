"""The variables by group, in the order of the reference."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from langgraph_server.variables import application, crons, http, installation, logs, runs, services, streams, telemetry
from langgraph_server.variables.variable import Variable


@dataclass(frozen=True, slots=True)
class Group:
    #: What a template calls it by.
    name: str
    title: str
    variables: tuple[Variable[Any], ...]


def groups() -> list[Group]:
    modules = (application, installation, services, runs, crons, streams, http, logs, telemetry)
    return [group(module) for module in modules]


def group(module: ModuleType) -> Group:
    title = (module.__doc__ or "").rstrip(".")
    return Group(module.__name__.rpartition(".")[2], title, tuple(declarations(module)))


def declarations(module: ModuleType) -> Iterator[Variable[Any]]:
    for value in vars(module).values():
        many = value.values() if isinstance(value, dict) else [value]
        yield from (each for each in many if isinstance(each, Variable))
