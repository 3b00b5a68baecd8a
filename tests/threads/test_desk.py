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
    desk = Desk(cast(Resources, SimpleNamespace(rows=rows)))

    asked = [desk.get(thread_id, visible=EVERYTHING) for thread_id in [*wanted, uuid4()]]
    *found, missing = await asyncio.gather(*asked, return_exceptions=True)

    assert [thread.thread_id for thread in found if isinstance(thread, Thread)] == wanted
    assert isinstance(missing, ThreadNotFound)
    assert rows.asked == [1, 10]


async def test_threads_that_are_made_together_are_written_together() -> None:
    rows = CountedRows()
    desk = Desk(cast(Resources, SimpleNamespace(rows=rows)))

    made = await asyncio.gather(*(desk.make(Thread(metadata={"n": n})) for n in range(5)))

    kept = {thread.thread_id: thread for thread in await asyncio.to_thread(apart(lambda: [*Thread.objects.all()]))}
    assert [kept[thread.thread_id].metadata for thread in made] == [{"n": n} for n in range(5)]
    assert {(thread.status, thread.created_at) for thread in made} == {
        (kept[thread.thread_id].status, kept[thread.thread_id].created_at) for thread in made
    }
    assert rows.asked == [1, 4]
