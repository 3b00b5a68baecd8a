"""JSON as the wire wants it: whatever a graph yields has a form."""

import enum
import json
from collections import OrderedDict, UserDict, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import orjson
import pytest
from django.db import connection
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from pydantic import BaseModel

from langgraph_server.encoding import dumps, storable

HUGE = 2**70


class Colour(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Point(NamedTuple):
    x: int
    y: Any


class Model(BaseModel):
    name: str
    inner: Any = None


@dataclass
class Data:
    name: str
    inner: Any = None
    tags: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Slotted:
    name: str


class Opaque:
    def __str__(self) -> str:
        return "an opaque thing"


def decoded(value: Any) -> Any:
    return orjson.loads(dumps(value))


@pytest.mark.parametrize("value", [None, True, 1, -1, 1.5, "text", "ü€😀", [1, [2]], {"a": {"b": None}}, [], {}, ""])
def test_json_stays_as_it_is(value: Any) -> None:
    assert decoded(value) == value


def test_the_text_is_compact_utf8() -> None:
    assert dumps({"a": [1, "ü"]}) == '{"a":[1,"ü"]}'.encode()


PLAIN: list[tuple[Any, Any]] = [
    (float("nan"), None),
    (float("inf"), None),
    (float("-inf"), None),
    ((1, 2), [1, 2]),
    ({3}, [3]),
    (frozenset({3}), [3]),
    (b"\x00\xff", "AP8="),
    (bytearray(b"a"), "YQ=="),
    (memoryview(b"a"), "YQ=="),
    (Point(1, None), {"x": 1, "y": None}),
    (Data("a"), {"name": "a", "inner": None, "tags": []}),
    (Slotted("a"), {"name": "a"}),
    (Model(name="a"), {"name": "a", "inner": None}),
    (Colour.RED, "red"),
    (Level.LOW, 1),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
    (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
    (OrderedDict(a=1), {"a": 1}),
    (UserDict(a=1), {"a": 1}),
    (MappingProxyType({"a": 1}), {"a": 1}),
    (ValueError("boom!"), {"error": "ValueError", "message": "boom!"}),
    (Opaque(), "an opaque thing"),
    ({1: "a"}, {"1": "a"}),
    (2**63, 2**63),
    (-(2**63), -(2**63)),
]


@pytest.mark.parametrize(("value", "form"), PLAIN, ids=lambda value: type(value).__name__)
def test_what_is_no_json_becomes_the_nearest(value: Any, form: Any) -> None:
    assert decoded(value) == form


@pytest.mark.parametrize("troubled", ["\ud800", HUGE, -HUGE], ids=["surrogate", "huge", "minus huge"])
@pytest.mark.parametrize(("value", "form"), PLAIN, ids=lambda value: type(value).__name__)
def test_a_troubled_neighbour_changes_nothing(value: Any, form: Any, troubled: Any) -> None:
    assert decoded([value, troubled])[0] == form


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("a\ud800b", "a?b"),
        (HUGE, str(HUGE)),
        (-HUGE, str(-HUGE)),
        ({"\ud800": 1}, {"?": 1}),
        (Data("\ud800", inner={HUGE}), {"name": "?", "inner": [str(HUGE)], "tags": []}),
        (Model(name="a", inner="\udfff"), {"name": "a", "inner": "?"}),
        (Point(HUGE, "\ud800"), {"x": str(HUGE), "y": "?"}),
        ({"deep": [{"er": ({"x": HUGE},)}]}, {"deep": [{"er": [{"x": str(HUGE)}]}]}),
        ({"nan": float("nan"), "huge": HUGE, "yes": True}, {"nan": None, "huge": str(HUGE), "yes": True}),
    ],
)
def test_what_json_cannot_carry_comes_as_near_as_it_can(value: Any, form: Any) -> None:
    assert decoded(value) == form


def test_messages_have_langchains_flat_form() -> None:
    message = decoded({"messages": [HumanMessage("hi", id="1")]})["messages"][0]

    assert message == {
        "content": "hi",
        "additional_kwargs": {},
        "response_metadata": {},
        "type": "human",
        "name": None,
        "id": "1",
    }


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (AIMessage("a"), "ai"),
        (AIMessageChunk(content="a"), "AIMessageChunk"),
        (ToolMessage("a", tool_call_id="1"), "tool"),
    ],
)
@pytest.mark.parametrize("neighbour", [None, "\ud800"], ids=["", "beside a surrogate"])
def test_every_message_tells_its_type(message: Any, kind: str, neighbour: Any) -> None:
    [form, _] = decoded([message, neighbour])

    assert (form["type"], form["content"]) == (kind, "a")


def test_a_deque_is_told_by_its_text() -> None:
    assert decoded(deque([1])) == "deque([1])"


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("a\0b", "ab"),
        ("\0", ""),
        ("\0\0", ""),
        ("\\u0000", "\\u0000"),
        ("\\\0", "\\"),
        ("\\\\u0000\0x", "\\\\u0000x"),
        ("ü\0€", "ü€"),
    ],
)
def test_only_nul_characters_are_left_out_of_what_is_stored(text: str, stored: str) -> None:
    assert json.loads(storable(dumps([text]))) == [stored]


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["\0", "\\\0", "\\u0000\0", "\ud800\0", float("nan"), HUGE, {"k\0": [b"\0", "\0\0"]}])
def test_postgres_holds_whatever_is_storable(value: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb", [storable(dumps(value))])
        assert cursor.fetchone()
