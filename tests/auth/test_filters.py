"""Filters that handlers return: what they find, and what is no filter."""

from typing import Any

import pytest

from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.errors import Failed
from runs.models import Run
from tests.factories import make_run, make_thread
from threads.models import Thread


def found(document: dict[str, Any]) -> list[str]:
    threads = Thread.objects.visible(Filter(document)).order_by("metadata__n")
    return [thread.metadata["n"] for thread in threads]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("document", "names"),
    [
        ({"owner": "alice"}, ["a", "c"]),
        ({"owner": {"$eq": "alice"}}, ["a", "c"]),
        ({"owner": "alice", "team": "red"}, ["c"]),
        ({"team": {"$contains": "red"}}, ["b"]),
        ({"team": {"$contains": ["blue", "red"]}}, ["b"]),
        ({"team": {"$contains": ["red", "black"]}}, []),
        ({"team": ["red", "blue"]}, ["b"]),
        ({"team": ["red"]}, []),
        ({"deep": {"$eq": {"x": 1}}}, ["d"]),
        ({"deep": {"$eq": {}}}, []),
        ({"$or": [{"owner": "bob"}, {"team": "red"}]}, ["b", "c"]),
        ({"$and": [{"owner": "alice"}, {"team": "red"}]}, ["c"]),
        ({"$or": [{"owner": "bob"}, {"$and": [{"owner": "alice"}, {"team": "red"}]}]}, ["b", "c"]),
        ({"$or": [{"owner": "nobody"}, {}]}, ["a", "b", "c", "d"]),
        ({"owner": None}, ["d"]),
        ({"n__in": ["a"]}, []),
        ({"owner'; DROP TABLE threads_thread; --": "x"}, []),
        ({"%s": "%s"}, []),
        ({"1": 1}, ["d"]),
        ({}, ["a", "b", "c", "d"]),
    ],
)
def test_a_filter_finds_exactly_its_own(document: dict[str, Any], names: list[str]) -> None:
    make_thread(metadata={"n": "a", "owner": "alice"})
    make_thread(metadata={"n": "b", "owner": "bob", "team": ["red", "blue"]})
    make_thread(metadata={"n": "c", "owner": "alice", "team": "red"})
    make_thread(metadata={"n": "d", "owner": None, "deep": {"x": 1}, "1": 1})

    assert found(document) == names


@pytest.mark.django_db
def test_a_run_is_seen_with_its_thread() -> None:
    run = make_run(make_thread(metadata={"owner": "alice", "team": ["red"]}), metadata={"owner": "bob"})

    for document in ({"owner": "alice"}, {"team": ["red"]}, {"$or": [{"owner": "x"}, {"owner": "alice"}]}):
        assert list(Run.objects.visible(Filter(document))) == [run]
    assert not Run.objects.visible(Filter({"owner": "bob"})).exists()


@pytest.mark.parametrize(
    "document",
    [
        {"owner": {"$ne": "alice"}},
        {"owner": {}},
        {"owner": {"x": 1}},
        {"owner": {"$eq": 1, "$contains": 1}},
        {"$or": [{"a": 1}]},
        {"$or": {"a": 1}},
        {"$and": []},
        {"$or": ["a", "b"]},
        {"team": {"$contains": [{"a": 1}]}},
        {"$or": [{"a": 1}, {"$and": [{"b": 1}, {"$or": [{"c": 1}, {"d": 1}]}]}]},
    ],
)
def test_what_is_no_filter_is_the_applications_fault(document: dict[str, Any]) -> None:
    with pytest.raises(Failed, match="cannot be applied"):
        Filter(document)


def test_only_the_empty_filter_is_everything() -> None:
    assert not EVERYTHING
    assert not Filter({})
    assert Filter({"owner": None})
