"""Of any value as much as a person wants to see, at a cost that does not grow with it. Pure.

It runs no code of the value's own: what is neither plain data nor a model is told by the name of its type.
"""

from dataclasses import is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any
from uuid import UUID

from pydantic import BaseModel

#: Characters of one value, more or less.
ROOM = 4_000
#: What a value takes besides its text.
OVERHEAD = 6
DEEPEST = 12
#: Items of one list or object; of a longer list the first ones and, because there is the news, the last ones.
MOST, FIRST, LAST = 24, 8, 16
CUT = "…"

AS_IT_IS = (int, float, bool, type(None))
WRITTEN = (date, time, timedelta, Decimal, UUID)

#: What is told of a value, and the room that it took.
Told = tuple[Any, int]


def excerpt(value: Any, *, room: int = ROOM) -> Told:
    """Plain data, free of the original: that may change meanwhile. What was left out is marked with `…`."""
    try:
        return tell(value, room, DEEPEST)
    except RuntimeError:
        # Another thread changes it in this very moment.
        return CUT, OVERHEAD


def tell(value: Any, room: int, depth: int) -> Told:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, str):
        return text(value, room)
    if isinstance(value, AS_IT_IS):
        return value, OVERHEAD
    if depth == 0 or room <= OVERHEAD:
        return CUT, OVERHEAD
    if isinstance(value, dict):
        return members(value, room, depth - 1)
    if isinstance(value, (list, tuple)):
        return items(value, room, depth - 1)
    if isinstance(value, (set, frozenset)):
        return items(list(islice(value, MOST + 1)), room, depth - 1)
    if isinstance(value, BaseModel) or (is_dataclass(value) and not isinstance(value, type)):
        return members(set_of(value), room, depth - 1)
    return text(str(value), room) if isinstance(value, WRITTEN) else text(f"<{type(value).__name__}>", room)


def text(value: str, room: int) -> Told:
    return (value, len(value) + OVERHEAD) if len(value) <= room else (value[: max(0, room)] + CUT, room + OVERHEAD)


def set_of(value: Any) -> dict[str, Any]:
    """Of a model what somebody set: messages have many fields, and nearly all are empty."""
    told = getattr(value, "__dict__", {})
    return {key: item for key, item in told.items() if item is not None and not (is_container(item) and not item)}


def is_container(item: Any) -> bool:
    return isinstance(item, (str, dict, list, tuple))


def members(value: dict[Any, Any], room: int, depth: int) -> Told:
    told: dict[str, Any] = {}
    used, left = OVERHEAD, min(len(value), MOST)
    for key, item in islice(value.items(), MOST):
        name, taken = text(str(key) if isinstance(key, (*AS_IT_IS, *WRITTEN, str)) else CUT, 100)
        told[name], more = tell(item, share(room - used - taken, left), depth)
        used, left = used + taken + more, left - 1
    if len(value) > MOST:
        told[CUT] = f"{len(value) - MOST} more"
    return told, used


def items(value: list[Any] | tuple[Any, ...], room: int, depth: int) -> Told:
    if len(value) <= MOST:
        return each(value, room, depth)
    told, used = each(value[:FIRST], room // 3, depth)
    last, more = each(value[-LAST:], room - used, depth)
    return [*told, f"{CUT} {len(value) - FIRST - LAST} more", *last], used + more


def each(value: list[Any] | tuple[Any, ...], room: int, depth: int) -> Told:
    told: list[Any] = []
    used, left = OVERHEAD, len(value)
    for item in value:
        shown, more = tell(item, share(room - used, left), depth)
        told.append(shown)
        used, left = used + more, left - 1
    return told, used


def share(room: int, left: int) -> int:
    """What the first ones leave is for those behind them."""
    return max(0, room // left)
