"""The only crossing from the worker's loop to the rows: claim, settle, release and keep, batched where many ask."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from langgraph_server.batching import Batcher, each_for_itself
from langgraph_server.checkpoints.fence import HELD_RUNS
from langgraph_server.errors import Unavailable
from langgraph_server.rows import Rows
from langgraph_server.streams.events import Event
from langgraph_server.streams.writer import Writer
from runs import lease as leases
from runs import settlement
from runs.ending import Ending
from runs.lease import Lease, Wish
from runs.models import RunEvent


class Ledger:
    def __init__(self, owner: UUID, queues: Sequence[str]) -> None:
        self.owner = owner
        self.queues = queues
        self.rows = Rows(threads=3, name="ledger")
        self.settlements: Batcher[Ending, bool] = Batcher(self.settle_together)
        #: Queues in which a settlement left a next run ready.
        self.ready: set[str] = set()

    async def claim(self, limit: int, *, crashes: range = leases.TRUSTED) -> list[Lease]:
        return await self.rows.call(
            leases.claim,
            owner=self.owner,
            queues=self.queues,
            limit=limit,
            lease=settings.RUN_LEASE,
            crashes=crashes,
        )

    async def settle(self, ending: Ending) -> bool:
        """False: the run was no longer ours, and nothing was written. Raises what is wrong with this very ending."""
        return await self.settlements.submit(ending)

    async def settle_together(self, endings: Sequence[Ending]) -> Sequence[bool | Exception]:
        return await each_for_itself(self.settle_all, endings, shared=Unavailable)

    async def settle_all(self, endings: Sequence[Ending]) -> Sequence[bool]:
        settled = await self.rows.call(settlement.settle, endings)
        self.ready |= settled.queues
        return [ending.run_id in settled.won for ending in endings]

    async def release(self, lease: Lease, *, delay: timedelta = timedelta(0)) -> set[str]:
        return await self.rows.call(leases.release, [(lease.run_id, lease.token)], delay=delay)

    async def renew(self, held: Sequence[tuple[UUID, int]]) -> dict[UUID, Wish | None]:
        return await self.rows.call(leases.renew, held, lease=settings.RUN_LEASE)

    async def keep(self, batch: Sequence[tuple[Writer, list[Event]]]) -> list[bool]:
        return await self.rows.call(keep, batch)

    async def last_kept(self, run_id: UUID) -> int:
        return await self.rows.call(last_kept, run_id)

    def close(self) -> None:
        self.rows.close()


def keep(batch: Sequence[tuple[Writer, list[Event]]]) -> list[bool]:
    """Store events of resumable runs, of those that still hold their run."""
    pairs = sorted((writer.run_id, writer.token) for writer, _ in batch)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(HELD_RUNS, [[run_id for run_id, _ in pairs], [token for _, token in pairs]])
            held = {row[0] for row in cursor.fetchall()}
        RunEvent.objects.bulk_create(
            [
                RunEvent(run_id=writer.run_id, seq=event.id.seq, event=event.event, data=event.data.decode())
                for writer, events in batch
                if writer.run_id in held
                for event in events
            ]
        )
    return [writer.run_id in held for writer, _ in batch]


def last_kept(run_id: UUID) -> int:
    return RunEvent.objects.filter(run_id=run_id).order_by("-seq").values_list("seq", flat=True).first() or 0
