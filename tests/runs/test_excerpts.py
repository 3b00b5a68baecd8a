"""Excerpts of values: bounded, plain, and never a call of the value's own code."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from langchain_core.messages import AIMessage, HumanMessage

from runs.excerpts import ROOM, excerpt


@dataclass
class Point:
    x: int
    y: int | None = None


class Hostile:
    def __str__(self) -> str:
        raise AssertionError("asked")

    __repr__ = __str__


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"n": 1, "deep": [True, None, 1.5, ("a",)]}, {"n": 1, "deep": [True, None, 1.5, ["a"]]}),
        (HumanMessage("hi", id="1"), {"content": "hi", "type": "human", "id": "1"}),
        (Point(1), {"x": 1}),
        ({"it": Hostile()}, {"it": "<Hostile>"}),
        (list(range(30)), [*range(8), "… 6 more", *range(14, 30)]),
    ],
)
def test_what_is_small_is_told_whole(value: Any, told: Any) -> None:
    assert excerpt(value)[0] == told


def test_what_is_large_is_cut_wherever_it_is_large() -> None:
    loop: list[Any] = []
    loop.append(loop)
    messages = [AIMessage("word " * 1000) for _ in range(100)]
    for value in (
        "x" * 10**6,
        {"a": "x" * 10**6, "b": "y" * 10**6},
        {"messages": messages},
        [[[[1] * 99] * 99] * 99],
        loop,
    ):
        told, used = excerpt(value)
        assert used < 2 * ROOM
        assert "…" in orjson.dumps(told).decode()
        assert len(orjson.dumps(told)) < 2 * ROOM


def test_a_large_member_leaves_room_for_the_others() -> None:
    told, _ = excerpt({"document": "x" * 10**6, "question": "why?"})

    assert told["question"] == "why?"
