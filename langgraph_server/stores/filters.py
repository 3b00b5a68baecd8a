"""A search's filter as conditions of SQL; whatever the client wrote travels beside the statement. Pure."""

import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, LiteralString, TypeAlias

from psycopg.types.json import Jsonb

from langgraph_server.errors import BadRequest

#: A condition of SQL and its parameters.
Condition: TypeAlias = tuple[LiteralString, list[Any]]
Path: TypeAlias = list[str]

HERE: LiteralString = "(s.value #> %s::text[])"
#: Texts that Python's `float` understands, short of what Postgres' numeric would refuse.
NUMERIC: LiteralString = r"'^\s*[+-]?(\d{1,255}(\.\d{0,255})?|\.\d{1,255})([eE][+-]?\d{1,3})?\s*$'"
#: What the path leads to as a number, or null: no comparison holds then.
NUMBER: LiteralString = f"""
CASE jsonb_typeof({HERE})
    WHEN 'number' THEN {HERE}::numeric
    WHEN 'boolean' THEN {HERE}::boolean::int::numeric
    WHEN 'string' THEN CASE WHEN s.value #>> %s::text[] ~ {NUMERIC} THEN trim(s.value #>> %s::text[])::numeric END
END
"""


class UnsupportedOperator(BadRequest):
    message = "Unsupported operator: {operator}"


class NotANumber(BadRequest):
    message = "could not convert string to float: {operand!r}"


def conditions(wanted: Mapping[str, Any], path: Path | None = None) -> Iterator[Condition]:
    """All of them must hold. An object without operators asks for what it contains, at any depth."""
    for key, value in wanted.items():
        inner = [*(path or []), key]
        if not isinstance(value, dict):
            yield equal(inner, value)
        elif any(name.startswith("$") for name in value):
            yield from (operation(name)(inner, operand) for name, operand in value.items())
        else:
            yield f"jsonb_typeof({HERE}) = 'object'", [inner]
            yield from conditions(value, inner)


def operation(name: str) -> Callable[[Path, Any], Condition]:
    if name not in OPERATIONS:
        raise UnsupportedOperator(operator=name)
    return OPERATIONS[name]


def equal(path: Path, value: Any) -> Condition:
    """A scalar is contained where it is equal, and containment has an index. What is missing counts as null."""
    if isinstance(value, (str, int, float)):
        for key in reversed(path):
            value = {key: value}
        return "s.value @> %s", [Jsonb(value)]
    return f"coalesce({HERE}, 'null') = %s", [path, Jsonb(value)]


def unequal(path: Path, value: Any) -> Condition:
    return f"coalesce({HERE}, 'null') <> %s", [path, Jsonb(value)]


def comparison(operator: LiteralString) -> Callable[[Path, Any], Condition]:
    def compare(path: Path, operand: Any) -> Condition:
        return f"{NUMBER} {operator} %s", [*[path] * NUMBER.count("%s"), number(operand)]

    return compare


def number(operand: Any) -> Decimal:
    try:
        value = float(operand)
    except (TypeError, ValueError):
        raise NotANumber(operand=operand) from None
    if not math.isfinite(value):
        raise NotANumber(operand=operand)
    return Decimal(operand) if isinstance(operand, int) else Decimal(repr(value))


OPERATIONS: Mapping[str, Callable[[Path, Any], Condition]] = {
    "$eq": equal,
    "$ne": unequal,
    "$gt": comparison(">"),
    "$gte": comparison(">="),
    "$lt": comparison("<"),
    "$lte": comparison("<="),
}
