"""The reading vocabulary of threads."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from langgraph_server.auth.filters import Filter
from tests.factories import make_thread
from threads.api.serializers import FIELDS
from threads.models import Thread
from threads.searching import Search, count, find

pytestmark = pytest.mark.django_db

PAST = datetime(2026, 1, 1, tzinfo=UTC)


def search(**wanted: Any) -> list[Thread]:
    (found,) = find([Search(**{"metadata": {}, "values": {}, **wanted})])
    return found


def test_without_a_wish_all_threads_come_the_last_changed_first() -> None:
    threads = [make_thread(updated_at=PAST + timedelta(seconds=n)) for n in (1, 3, 2)]

    assert search() == [threads[1], threads[2], threads[0]]


def test_temporary_threads_are_not_listed() -> None:
    thread = make_thread()
    make_thread(temporary=True)

    assert search() == [thread]


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


@pytest.mark.parametrize("select", [(), ("metadata", "values", "interrupts", "config")])
def test_what_is_found_is_the_thread(select: tuple[str, ...]) -> None:
    documents = {"metadata": {"who": "é"}, "values": {"said": [1.5, None]}, "interrupts": {"a": []}, "config": {"b": 1}}
    made = make_thread(**documents, error={"error": "E", "message": "m"}, created_at=PAST)

    [found] = search(select=select)

    assert {name: getattr(found, name) for name in FIELDS} == {
        name: getattr(Thread.objects.get(pk=made.pk), name) for name in FIELDS
    }


@pytest.mark.parametrize(
    "document",
    [
        {"owner": "ann"},
        {"owner": {"$eq": "ann"}},
        {"team": {"$contains": "red"}},
        {"$or": [{"owner": "ann"}, {"no": 1}]},
    ],
)
def test_who_may_not_see_everything_finds_what_a_handler_says(document: dict[str, Any]) -> None:
    hers = make_thread(metadata={"owner": "ann", "team": ["red", "blue"], "graph_id": "echo"})
    make_thread(metadata={"owner": "bob", "team": ["blue"], "graph_id": "echo"})
    visible = Filter(document)

    assert search(metadata={"graph_id": "echo"}, visible=visible, status="idle") == [hers]
    assert count(Search(metadata={"graph_id": "echo"}, values={}, visible=visible)) == 1
    assert count(Search(metadata={"graph_id": "echo"}, values={})) == 2


def test_a_page_has_one_thread_more_than_its_limit() -> None:
    threads = [make_thread(updated_at=PAST + timedelta(seconds=n)) for n in range(5)]

    assert search(limit=2, offset=1, sort_order="asc") == threads[1:4]
