"""What a worker does for a run that it gives back unfinished."""

from collections.abc import AsyncIterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import pytest
import pytest_asyncio
from django.conf import settings
from django.db import connections

from langgraph_server.rows import Rows
from langgraph_server.streams.connection import connect_async
from langgraph_server.streams.log import RunLog
from langgraph_server.streams.writer import Writer
from runs.execution.bench import Bench
from runs.execution.executor import settle
from runs.execution.ledger import Ledger
from runs.execution.outcome import Abandoned
from runs.lease import TRUSTED
from runs.models import Run, RunEvent
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def ledger() -> AsyncIterator[Ledger]:
    """On one thread, whose connection is closed in the end."""
    ledger = Ledger(uuid4(), ["default"])
    ledger.close()
    ledger.rows = Rows(threads=1, name="test")
    yield ledger
    await ledger.rows.call(connections.close_all)
    ledger.close()


async def test_what_it_told_is_kept_before_another_worker_may_hold_it(ledger: Ledger) -> None:
    """Nobody keeps anything here but who asks for it."""
    await ledger.rows.call(make_run, kwargs={"resumable": True, "temporary": False})
    (lease,) = await ledger.claim(1, crashes=TRUSTED)
    async with connect_async(settings.REDIS_URI) as redis:
        log = RunLog(redis, prefix=settings.REDIS_KEY_PREFIX, keep=ledger.keep, retention=timedelta(minutes=1))
        writer = Writer(log, lease.run_id, lease.thread_id, lease.token, lease.epoch, resumable=True)
        for step in (b"1", b"2"):
            await writer.append("updates", step)

        bench = cast(Bench, SimpleNamespace(ledger=ledger))
        queues = await settle(lease, Abandoned("shutdown", release=True), bench, writer)

    assert queues == {"default"}
    assert await ledger.rows.call(stored) == [("pending", 0), "1", "2"]


def stored() -> list[Any]:
    run = Run.objects.get()
    return [(run.status, run.attempt), *RunEvent.objects.order_by("seq").values_list("data", flat=True)]
