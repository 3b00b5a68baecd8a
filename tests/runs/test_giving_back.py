"""What a worker does for a run that it gives back unfinished."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.conf import settings

from langgraph_server.streams.connection import connect_async
from langgraph_server.streams.log import RunLog
from langgraph_server.streams.writer import Writer
from runs.execution.bench import Bench
from runs.execution.executor import settle
from runs.execution.outcome import Abandoned
from runs.lease import TRUSTED
from runs.models import Run, RunEvent
from tests.factories import make_run
from tests.runs.ledgers import opened_ledger

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_it_told_is_kept_before_another_worker_may_hold_it() -> None:
    """Nobody keeps anything here but who asks for it."""
    async with opened_ledger() as ledger:
        await ledger.rows.call(make_run, kwargs={"resumable": True, "temporary": False})
        (lease,) = await ledger.claim(1, crashes=TRUSTED)
        async with connect_async(settings.REDIS_URI) as redis:
            log = RunLog(redis, prefix=settings.REDIS_KEY_PREFIX, keep=ledger.keep, retention=timedelta(minutes=1))
            writer = Writer(log, lease.run_id, lease.thread_id, lease.token, lease.epoch, resumable=True)
            for step in (b"1", b"2"):
                await writer.append("updates", step)

            bench = cast(Bench, SimpleNamespace(ledger=ledger))
            _, queues = await settle(lease, Abandoned("shutdown", release=True), bench, writer)

        assert queues == {"default"}
        assert await ledger.rows.call(stored) == [("pending", 0), "1", "2"]


def stored() -> list[Any]:
    run = Run.objects.get()
    return [(run.status, run.attempt), *RunEvent.objects.order_by("seq").values_list("data", flat=True)]
