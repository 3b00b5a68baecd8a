"""The reading vocabulary of threads."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.factories import make_thread
from threads.models import Thread

pytestmark = pytest.mark.django_db

PAST = datetime(2026, 1, 1, tzinfo=UTC)


def search(**wanted: Any) -> list[Thread]:
    return list(Thread.objects.search(**{"metadata": {}, "values": {}, **wanted}))


def test_without_a_wish_all_threads_come_the_last_changed_first() -> None:
    threads = [make_thread(updated_at=PAST + timedelta(seconds=n)) for n in (1, 3, 2)]

    assert search() == [threads[1], threads[2], threads[0]]


def test_temporary_threads_are_not_listed() -> None:
    thread = make_thread()
    make_thread(temporary=True)

    assert list(Thread.objects.listed()) == [thread]


@pytest.mark.parametrize("where", ["metadata", "values"])
@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, True),
        ({"a": 1, "b": {"c": 2}}, True),
        ({"b": {"d": [3]}}, True),
        ({"b": {}}, True),
        ({"a": 2}, False),
        ({"a": 1, "z": 1}, False),
        ({"b": {"d": [5]}}, False),
        ({"a": "1"}, False),
    ],
)
def test_a_document_is_found_by_any_part_of_it(where: str, wanted: dict[str, Any], found: bool) -> None:
    thread = make_thread(**{where: {"a": 1, "b": {"c": 2, "d": [3, 4]}}})
    make_thread()

    assert search(**{where: wanted}) == ([thread] if found else [])


@pytest.mark.parametrize("key", ["'; DROP TABLE threads_thread; --", '"', "a'b", "%s", "%(a)s", "a__b", "\\"])
def test_keys_of_a_client_are_only_data(key: str) -> None:
    thread = make_thread(metadata={key: 1})
    make_thread(metadata={"other": 1})

    assert search(metadata={key: 1}) == [thread]


@pytest.mark.parametrize("status", ["idle", "busy", "interrupted", "error"])
def test_threads_are_found_by_their_status(status: str) -> None:
    threads = {each: make_thread(status=each) for each in ("idle", "busy", "interrupted", "error")}

    assert search(status=status) == [threads[status]]


def test_threads_are_found_by_their_ids() -> None:
    one, two, _ = (make_thread() for _ in range(3))

    assert set(search(ids=[one.thread_id, two.thread_id, UUID(int=1)])) == {one, two}
    assert len(search(ids=[])) == 3


@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "state_updated_at"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_threads_are_sorted_as_wished(sort_by: str, sort_order: str) -> None:
    threads = [make_thread(**{sort_by: PAST + timedelta(seconds=n)}) for n in (1, 0, 2)]

    expected = [threads[1], threads[0], threads[2]]
    assert search(sort_by=sort_by, sort_order=sort_order) == (expected if sort_order == "asc" else expected[::-1])


def test_threads_alike_have_a_steady_order() -> None:
    threads = [make_thread(updated_at=PAST) for _ in range(5)]

    assert search() == sorted(threads, key=lambda thread: thread.thread_id, reverse=True)


def test_only_what_was_selected_is_read() -> None:
    make_thread(values={"said": "hi"})

    [thread] = search(select=["status"])

    assert "values" in thread.get_deferred_fields()
    assert not {"thread_id", "status"} & thread.get_deferred_fields()
