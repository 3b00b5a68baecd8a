"""Threads whose rows are behind their checkpoints."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
import pytest_asyncio
from django.db import connections
from django.utils.timezone import now
from langgraph.store.memory import InMemoryStore

from langgraph_server.checkpoints.saver import Saver
from langgraph_server.rows import Rows
from tests.factories import make_thread
from tests.graphs import approval
from tests.langgraph_server.databases import opened_saver
from threads import refreshing, settled
from threads.models import Thread

pytestmark = pytest.mark.django_db(transaction=True)

APPROVAL = {"graph_id": "approval"}
#: The thread's row, not its state: what a run that is gone had left.
OLD = {"log": ["old"]}


@pytest_asyncio.fixture
async def rows(transactional_db: None) -> AsyncIterator[Rows]:
    rows = Rows(threads=1, name="test")
    yield rows
    await rows.call(connections.close_all)
    rows.close()


@pytest_asyncio.fixture
async def saver(transactional_db: None) -> AsyncIterator[Saver]:
    async with opened_saver() as saver:
        yield saver


async def asked(rows: Rows, saver: Saver, **fields: Any) -> Thread:
    """Its graph waits for a person, which its row does not tell."""
    given = {"metadata": APPROVAL, "values": OLD, "refresh_at": now(), **fields}
    thread = await rows.call(make_thread, **given)
    graph = approval.graph.copy(update={"checkpointer": saver})
    await graph.ainvoke({}, {"configurable": {"thread_id": str(thread.thread_id)}})
    return thread


async def refresh_all(rows: Rows, saver: Saver) -> None:
    for thread in await rows.call(settled.take_outdated, refreshing.BATCH):
        await refreshing.refresh(thread, rows, saver, InMemoryStore())


@pytest.mark.parametrize(("before", "after"), [("idle", "interrupted"), ("interrupted", "interrupted"), ("error",) * 2])
async def test_a_row_is_made_to_show_the_last_checkpoint(rows: Rows, saver: Saver, before: str, after: str) -> None:
    error = {"error": "WorkerLost", "message": ""} if before == "error" else None
    thread = await asked(rows, saver, status=before, error=error)

    await refresh_all(rows, saver)

    await rows.call(thread.refresh_from_db)
    assert (thread.status, thread.values, thread.error) == (after, {"log": ["drafted"]}, error)
    assert [[i["value"] for i in found] for found in thread.interrupts.values()] == [[{"question": "send it?"}]]
    assert (thread.waits, thread.refresh_at) == (True, None)


async def test_without_checkpoints_there_are_no_values(rows: Rows, saver: Saver) -> None:
    thread = await rows.call(
        make_thread, metadata=APPROVAL, values=OLD, interrupts={"t": []}, waits=True, refresh_at=now()
    )

    await refresh_all(rows, saver)

    await rows.call(thread.refresh_from_db)
    assert (thread.status, thread.values, thread.interrupts) == ("idle", None, {})


async def test_a_graph_that_cannot_be_opened_keeps_nobody_else_waiting(rows: Rows, saver: Saver) -> None:
    gone = await rows.call(
        make_thread, metadata={"graph_id": "gone"}, values=OLD, refresh_at=now() - timedelta(hours=1)
    )
    thread = await asked(rows, saver)

    await refresh_all(rows, saver)

    await rows.call(gone.refresh_from_db)
    await rows.call(thread.refresh_from_db)
    assert (gone.status, gone.values, thread.status) == ("idle", OLD, "interrupted")
    assert gone.refresh_at is not None
    assert timedelta(seconds=50) < gone.refresh_at - now() <= timedelta(minutes=1)


async def test_a_graph_that_hangs_is_left(rows: Rows, saver: Saver) -> None:
    thread = await asked(rows, saver)

    with patch("threads.refreshing.PATIENCE", 0):
        await refresh_all(rows, saver)

    await rows.call(thread.refresh_from_db)
    assert thread.values == OLD
    assert thread.refresh_at is not None


@pytest.mark.parametrize(
    "fields",
    [
        {"refresh_at": None},
        {"refresh_at": now() + timedelta(hours=1)},
        {"status": "busy"},
        {"state_updated_at": now() - timedelta(days=2)},
    ],
    ids=["up to date", "later", "busy", "given up"],
)
async def test_other_threads_are_left_alone(rows: Rows, fields: dict[str, Any]) -> None:
    await rows.call(make_thread, **{"refresh_at": now() - timedelta(hours=1), **fields})

    assert await rows.call(settled.take_outdated, 10) == []


async def test_a_run_that_came_meanwhile_has_the_last_word(rows: Rows, saver: Saver) -> None:
    await asked(rows, saver)
    [taken] = await rows.call(settled.take_outdated, 10)
    told = Thread.objects.filter(thread_id=taken.thread_id)
    await rows.call(told.update, refresh_at=None, values={"log": ["new"]})

    await refreshing.refresh(taken, rows, saver, InMemoryStore())

    assert (await rows.call(told.get)).values == {"log": ["new"]}


async def test_each_thread_is_taken_once(rows: Rows) -> None:
    thread = await rows.call(make_thread, thread_id=uuid4(), refresh_at=now())

    assert await rows.call(settled.take_outdated, 10) == [thread]
    assert await rows.call(settled.take_outdated, 10) == []
