"""Threads that are asked for at the same moment."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest

from langgraph_server.api.resources import Resources
from langgraph_server.auth.filters import EVERYTHING
from tests.factories import make_thread
from tests.runs.racing import apart
from threads.desk import Desk
from threads.errors import ThreadNotFound
from threads.models import Thread
from threads.searching import Search

pytestmark = pytest.mark.django_db(transaction=True)


class CountedRows:
    """How many threads each call was about."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def call(self, function: Callable[[Sequence[Any]], Any], threads: Sequence[Any]) -> Any:
        self.asked.append(len(threads))
        return await asyncio.to_thread(apart(function), threads)


async def test_threads_that_are_asked_for_together_are_read_together() -> None:
    wanted = [(await asyncio.to_thread(apart(make_thread))).thread_id for _ in range(5)] * 2
    rows = CountedRows()
    desk = Desk(cast(Resources, SimpleNamespace(rows=rows, searches=None)))

    asked = [desk.get(thread_id, visible=EVERYTHING) for thread_id in [*wanted, uuid4()]]
    *found, missing = await asyncio.gather(*asked, return_exceptions=True)

    assert [thread.thread_id for thread in found if isinstance(thread, Thread)] == wanted
    assert isinstance(missing, ThreadNotFound)
    assert rows.asked == [11]


async def test_searches_that_arrive_together_go_together() -> None:
    for n in range(6):
        await asyncio.to_thread(apart(make_thread), metadata={"n": n % 2, "who": "é"}, values={"said": [n]})
    rows = CountedRows()
    desk = Desk(cast(Resources, SimpleNamespace(rows=rows, searches=None)))
    searches = [Search(metadata={"n": n}, values={}) for n in (0, 1, 0, 7)]

    found = await asyncio.gather(*map(desk.find, searches))

    assert rows.asked == [4]
    assert [[thread.metadata["n"] for thread in threads] for threads in found] == [[0] * 3, [1] * 3, [0] * 3, []]


async def test_a_search_that_may_take_long_goes_alone() -> None:
    short, long = CountedRows(), CountedRows()
    desk = Desk(cast(Resources, SimpleNamespace(rows=short, searches=long)))

    await asyncio.gather(*(desk.find(Search(metadata={}, values={"said": 1})) for _ in range(3)))

    assert (short.asked, long.asked) == ([], [1, 1, 1])


async def test_threads_that_are_made_together_are_written_together() -> None:
    rows = CountedRows()
    desk = Desk(cast(Resources, SimpleNamespace(rows=rows, searches=None)))

    made = await asyncio.gather(*(desk.make(Thread(metadata={"n": n})) for n in range(5)))

    kept = {thread.thread_id: thread for thread in await asyncio.to_thread(apart(lambda: [*Thread.objects.all()]))}
    assert [kept[thread.thread_id].metadata for thread in made] == [{"n": n} for n in range(5)]
    assert {(thread.status, thread.created_at) for thread in made} == {
        (kept[thread.thread_id].status, kept[thread.thread_id].created_at) for thread in made
    }
    assert rows.asked == [5]
