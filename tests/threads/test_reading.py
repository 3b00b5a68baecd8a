"""Threads that are asked for at the same moment."""

import asyncio
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from langgraph_server.api.resources import Resources
from langgraph_server.auth.filters import EVERYTHING
from tests.factories import make_thread
from tests.runs.racing import apart
from threads.errors import ThreadNotFound
from threads.models import Thread
from threads.reading import Desk

pytestmark = pytest.mark.django_db(transaction=True)


class CountedRows:
    """How many threads each call asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def call(self, function: Callable[[Sequence[UUID]], Any], thread_ids: Sequence[UUID]) -> Any:
        self.asked.append(len(thread_ids))
        return await asyncio.to_thread(apart(function), thread_ids)


async def test_threads_that_are_asked_for_together_are_read_together() -> None:
    wanted = [(await asyncio.to_thread(apart(make_thread))).thread_id for _ in range(5)] * 2
    rows = CountedRows()
    desk = Desk(cast(Resources, SimpleNamespace(rows=rows)))

    asked = [desk.get(thread_id, visible=EVERYTHING) for thread_id in [*wanted, uuid4()]]
    *found, missing = await asyncio.gather(*asked, return_exceptions=True)

    assert [thread.thread_id for thread in found if isinstance(thread, Thread)] == wanted
    assert isinstance(missing, ThreadNotFound)
    assert rows.asked == [1, 1, 9]
