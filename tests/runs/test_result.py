"""What `wait` and `join` answer with."""

from typing import Any
from uuid import uuid4

import orjson
import pytest

from langgraph_server.streams.events import Event, EventId
from runs.result import Result, stored_result
from tests.factories import make_run, make_thread

FAILED = {"error": "ValueError", "message": "boom!"}
ONE, TWO = {"id": "1" * 32, "value": "a?"}, {"id": "2" * 32, "value": "b?"}


def seen(*events: tuple[str, bytes]) -> bytes | None:
    result = Result()
    result.see([Event(EventId(1, seq), event, data) for seq, (event, data) in enumerate(events, 1)])
    return result.document


def test_the_last_values_are_the_answer() -> None:
    assert seen(("values", b'{"n":1}'), ("updates", b'{"n":9}'), ("values", b'{"n":2}'), ("end", b"success")) == (
        b'{"n":2}'
    )


def test_an_error_is_the_answer_whatever_came_before() -> None:
    assert seen(("values", b'{"n":1}'), ("error", b'{"error":"E"}')) == b'{"__error__":{"error":"E"}}'


def test_values_of_a_subgraph_are_not_the_answer() -> None:
    assert seen(("values|child:1", b'{"n":1}')) is None


def test_a_run_that_told_nothing_has_no_answer_of_its_own() -> None:
    assert seen(("metadata", b"{}"), ("end", b"success")) is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("thread", "run", "answer"),
    [
        ({"values": {"said": "hi"}}, {"status": "success"}, {"said": "hi"}),
        ({"values": None}, {"status": "success"}, {}),
        ({"values": {}, "status": "error", "error": FAILED}, {"status": "error", "error": FAILED}, FAILED),
        ({"values": {"said": "hi"}}, {"status": "timeout", "error": FAILED}, FAILED),
        ({"values": {"said": "hi"}, "error": FAILED}, {"status": "interrupted", "error": FAILED}, {"said": "hi"}),
        (
            {"status": "interrupted", "values": {"said": "hi"}, "interrupts": {"t": [ONE], "u": [TWO]}},
            {"status": "success"},
            {"__interrupt__": [ONE, TWO]},
        ),
        ({"status": "interrupted", "values": {"said": "hi"}}, {"status": "success"}, {"said": "hi"}),
    ],
)
def test_settled_rows_tell_the_answer(thread: dict[str, Any], run: dict[str, Any], answer: Any) -> None:
    row = make_run(make_thread(**thread), **run)

    document = orjson.loads(stored_result(row.thread_id, row.run_id))

    assert document == ({"__error__": answer} if answer is FAILED else answer)


@pytest.mark.django_db
def test_a_thread_tells_the_answer_of_a_run_that_is_gone() -> None:
    assert orjson.loads(stored_result(make_thread(values={"said": "hi"}).thread_id, uuid4())) == {"said": "hi"}


@pytest.mark.django_db
def test_nothing_is_left_of_a_thread_that_is_gone() -> None:
    assert stored_result(uuid4(), uuid4()) == b"{}"
