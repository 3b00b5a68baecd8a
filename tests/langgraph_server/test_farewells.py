"""Deletions that the application's own checkpointer carries out: once, before the thread is used, until it has."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio
from django.db import connections
from django.utils.timezone import now
from langgraph.checkpoint.memory import InMemorySaver

from langgraph_server.checkpoints import farewells
from langgraph_server.checkpoints.models import Farewell
from langgraph_server.rows import Rows

pytestmark = pytest.mark.django_db(transaction=True)


class Keeper(InMemorySaver):
    def __init__(self, *, failures: int = 0) -> None:
        super().__init__()
        self.failures = failures
        self.deleted: list[str] = []

    async def adelete_thread(self, thread_id: str) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("no disk")
        self.deleted.append(thread_id)


class Forgetful(Keeper):
    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        self.deleted += run_ids


@pytest_asyncio.fixture
async def rows() -> AsyncIterator[Rows]:
    rows = Rows(threads=1, name="farewells")
    yield rows
    await rows.call(connections.close_all)
    rows.close()


async def test_those_of_a_thread_are_carried_out_before_it_is_used_and_no_others(rows: Rows) -> None:
    mine, other, run = uuid4(), uuid4(), uuid4()
    await rows.call(farewells.of_threads, [mine, other])
    await rows.call(farewells.of_run, mine, run)
    saver = Forgetful()

    await farewells.carry_out(saver, rows, mine)

    assert saver.deleted == [str(mine), str(run)]
    assert await rows.call(farewells.remain, other)


async def test_one_that_somebody_else_has_taken_is_waited_for(rows: Rows) -> None:
    mine, saver = uuid4(), Keeper()
    await rows.call(farewells.of_threads, [mine])
    taken = await rows.call(farewells.take)
    assert taken
    assert await rows.call(farewells.take, mine) is None

    waiting = asyncio.create_task(farewells.carry_out(saver, rows, mine))
    await asyncio.sleep(3 * farewells.PAUSE)
    assert not waiting.done()
    await rows.call(farewells.done, taken)
    await waiting

    assert saver.deleted == []


async def test_one_whose_taker_is_lost_is_taken_again(rows: Rows) -> None:
    mine, saver = uuid4(), Keeper()
    await rows.call(farewells.of_threads, [mine])
    await rows.call(farewells.take)
    await rows.call(lambda: Farewell.objects.update(taken_until=now() - timedelta(seconds=1)))

    await farewells.carry_out(saver, rows, mine)

    assert saver.deleted == [str(mine)]


async def test_one_that_fails_stays_and_does_not_hold_up_the_others(rows: Rows) -> None:
    first, second = uuid4(), uuid4()
    await rows.call(farewells.of_threads, [first, second])
    saver = Keeper(failures=1)

    await farewells.carry_out_all(saver, rows)

    assert saver.deleted == [str(second)]
    assert await rows.call(farewells.remain, first)


async def test_what_a_checkpointer_cannot_delete_stays_there_and_is_forgotten_here(rows: Rows) -> None:
    mine, saver = uuid4(), Keeper()
    await rows.call(farewells.of_run, mine, uuid4())

    await farewells.carry_out(saver, rows, mine)

    assert saver.deleted == []
    assert not await rows.call(farewells.remain, mine)
