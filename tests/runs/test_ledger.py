"""What a worker asks of the rows goes together, and each has its own fate."""

import asyncio

import pytest
from django.db import DataError
from psycopg.types.json import Jsonb

from langgraph_server.checkpoints.models import Checkpoint
from langgraph_server.checkpoints.statements import PUT_CHECKPOINTS
from runs.choices import RunStatus
from runs.ending import Ending
from runs.lease import Lease
from runs.models import Run
from tests.factories import make_run
from tests.graphs.unwieldy import LONG
from tests.runs.ledgers import opened_ledger

pytestmark = pytest.mark.django_db(transaction=True)


def ending(taken: Lease, namespace: str) -> Ending:
    row = (str(taken.thread_id), namespace, "1f", None, Jsonb({"v": 4}), Jsonb({}))
    return Ending(
        taken.run_id,
        taken.thread_id,
        taken.token,
        RunStatus.SUCCESS,
        thread_status="idle",
        writes=[(PUT_CHECKPOINTS, [row])],
    )


async def test_an_ending_that_postgres_refuses_does_not_fail_its_neighbours() -> None:
    async with opened_ledger() as ledger:
        for _ in range(4):
            await ledger.rows.call(make_run)
        taken = await ledger.claim(4)
        namespaces = ["", LONG, "nul\0", ""]

        answers = await asyncio.gather(
            *(ledger.settle(ending(*each)) for each in zip(taken, namespaces, strict=True)), return_exceptions=True
        )

        assert [answers[0], answers[3]] == [True, True]
        assert [type(answers[1]), type(answers[2])] == [DataError, DataError]
        statuses = await ledger.rows.call(lambda: dict(Run.objects.values_list("run_id", "status")))
        assert [statuses[each.run_id] for each in taken] == ["success", "running", "running", "success"]
        assert await ledger.rows.call(Checkpoint.objects.count) == 2
