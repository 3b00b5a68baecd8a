"""Two transactions about the same rows, each stopped before each of its statements: all orders end in a legal state.

A deadlock, or a wait beyond the lock timeout, would be an `OperationalError` out of one of them.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, LiteralString
from uuid import uuid4

import pytest
from django.db import connection
from langgraph.checkpoint.base import empty_checkpoint

from crons import firing
from crons.models import Cron, CronFiring
from langgraph_server.checkpoints.commit import GroupCommit
from langgraph_server.checkpoints.fence import Fence, FenceDown
from langgraph_server.checkpoints.statements import Statement
from runs import admission, cancellation, lease, settlement, sweeper
from runs.choices import CancelAction
from runs.ending import Ending
from runs.lease import Lease
from runs.models import Run
from tests.crons.making import make_cron
from tests.factories import make_assistant, make_request, make_run, make_thread
from tests.langgraph_server.databases import opened_saver
from tests.runs.racing import apart
from tests.support.pausing import PATIENCE, Move, interleavings, until, waiting
from threads import lifecycle as threads
from threads.models import Thread

pytestmark = pytest.mark.django_db(transaction=True)

GATE = 20
#: Writes nothing.
PASS: LiteralString = """
DELETE FROM checkpoint_migrations USING unnest(%b::int[]) AS gate WHERE pg_advisory_xact_lock(gate)::text IS NULL
"""


def claim() -> list[Lease]:
    return lease.claim(owner=uuid4(), queues=["default"], limit=9, lease=timedelta(seconds=15), crashes=lease.EVERYBODY)


@pytest.mark.parametrize("charges", [0, 2])
def test_claim_and_sweep(charges: int) -> None:
    """A lost run is taken back, or given up; the next one of its thread waits for that."""

    def moves() -> tuple[Move, Move]:
        Thread.objects.all().delete()
        lost = make_run(status="running", charges=charges, crashes=charges)
        make_run(lost.thread)
        return claim, sweeper.recover_lost

    for taken, _ in interleavings(moves):
        taken += claim()
        lost, waiting = Run.objects.order_by("created_at", "run_id")
        if charges:
            assert (lost.status, lost.token, waiting.status, waiting.token) == ("error", 1, "running", 1)
        else:
            assert (lost.status, lost.token, lost.crashes, waiting.status) == ("running", 3, 1, "pending")
        assert len(taken) == 1
        assert Thread.objects.get().status == "busy"


@pytest.mark.parametrize("action", CancelAction)
def test_settle_and_cancel(action: str) -> None:
    """The worker's word counts for the run that it ends; the one that waits behind it is cancelled for certain."""

    def moves() -> tuple[Move, Move]:
        Thread.objects.all().delete()
        run = make_run(status="running")
        behind = make_run(run.thread)
        ending = Ending(run.run_id, run.thread_id, 1, "success", values="{}", interrupts="{}", thread_status="idle")
        both = [run.run_id, behind.run_id]
        return lambda: settlement.settle([ending]), lambda: cancellation.cancel(both, action=action, reason="")

    for settled, cancelled in interleavings(moves):
        assert len(settled.won) == 1
        assert cancelled in {1, 2}
        statuses = sorted(Run.objects.values_list("status", flat=True))
        assert statuses == (["success"] if action == CancelAction.ROLLBACK else ["interrupted", "success"])
        assert Thread.objects.get().status == "idle"


def test_settle_and_admit() -> None:
    """The thread stays busy for the run that has just come, whoever was first."""
    make_assistant()

    def moves() -> tuple[Move, Move]:
        Thread.objects.all().delete()
        run = make_run(status="running")
        ending = Ending(run.run_id, run.thread_id, 1, "success", values="{}", interrupts="{}", thread_status="idle")
        wanted = make_request(run.thread, multitask_strategy="enqueue")
        return lambda: settlement.settle([ending]), lambda: admission.admit([wanted])

    for settled, [admitted] in interleavings(moves):
        assert len(settled.won) == 1
        assert isinstance(admitted, Run)
        assert sorted(Run.objects.values_list("status", flat=True)) == ["pending", "success"]
        assert Thread.objects.get().status == "busy"


def test_two_schedulers_and_a_cron() -> None:
    make_assistant()

    def moves() -> tuple[Move, Move]:
        Cron.objects.all().delete()
        Thread.objects.all().delete()
        make_cron(thread=make_thread(), schedule="0 0 1 1 *")
        return firing.fire_due, firing.fire_due

    for fired in interleavings(moves):
        assert sum(fired) == 1
        [only] = CronFiring.objects.all()
        assert Run.objects.get().run_id == only.run_id


def test_a_put_while_its_thread_is_deleted() -> None:
    """Refused, or deleted with the rest."""

    def moves() -> tuple[Move, Move]:
        run = make_run(status="running")
        return lambda: threads.delete(run.thread_id), lambda: put(run)

    for _, kept in interleavings(moves):
        assert kept in {True, False}
        assert rows_of_checkpoints() == []


@pytest.mark.parametrize("statement", [0, 1])
def test_a_delete_while_its_thread_is_put_to(statement: int) -> None:
    """Past the fence, before or after the checkpoint is written: the delete waits for it, and takes it along."""
    run = make_run(status="running")
    with ThreadPoolExecutor(2) as pool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
            putting = pool.submit(apart(lambda: put(run, gate=statement)))
            until(lambda: waiting() == 1)
            deleting = pool.submit(apart(lambda: threads.delete(run.thread_id)))
            until(lambda: waiting() == 2)
            cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])
        accepted = putting.result(PATIENCE)
        deleting.result(PATIENCE)

    assert accepted
    assert rows_of_checkpoints() == []


def put(run: Run, *, gate: int | None = None) -> bool:
    """Through the real saver, on a connection of its own; whether it was accepted."""

    async def put() -> bool:
        here: Any = {"configurable": {"thread_id": str(run.thread_id), "checkpoint_ns": ""}}
        metadata: Any = {"source": "loop", "step": 1, "run_id": str(run.run_id)}
        async with opened_saver() as saver:
            if gate is not None:
                saver.group = Gated(saver.group, gate)
            try:
                await saver.fenced(Fence(run.run_id, run.token)).aput(here, empty_checkpoint(), metadata, {})
            except FenceDown:
                return False
        return True

    return asyncio.run(put())


class Gated(GroupCommit):
    """Its transactions pass a gate behind the fence: an advisory lock, before or after what they write."""

    def __init__(self, group: GroupCommit, place: int) -> None:
        super().__init__(group.pool, group.holds)
        self.place = place

    async def commit(self, statements: Sequence[Statement], fence: Fence | None) -> None:
        gated = [*statements]
        gated.insert(self.place, (PASS, [(GATE,)]))
        await super().commit(gated, fence)


def rows_of_checkpoints() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT thread_id FROM checkpoints")
        return list(cursor.fetchall())
