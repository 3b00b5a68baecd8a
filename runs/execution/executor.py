"""The story of one run, from its lease to its settlement."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from django.db import DatabaseError

from langgraph_server import encoding, logs
from langgraph_server.checkpoints.backend import commit
from langgraph_server.checkpoints.fence import Fence
from langgraph_server.encryption.errors import EncryptionFailed
from langgraph_server.errors import Unavailable
from langgraph_server.streams.writer import Writer
from runs.choices import is_told_in_full
from runs.execution import unsealing
from runs.execution.bench import Bench
from runs.execution.body import Body
from runs.execution.outcome import Abandoned, Failure, Outcome, Success, error_object
from runs.execution.stopping import outcome_of, run_body
from runs.execution.trace import Trace
from runs.lease import Lease

logger = logging.getLogger(__name__)

R = TypeVar("R")

#: A run that our own database failed comes back after this.
DATABASE_BACKOFF = timedelta(seconds=1)
RETRY = 0.5
#: Between the seqs of two attempts of a run whose events are not kept.
ATTEMPT = 1_000_000


async def execute(body: Body, bench: Bench) -> set[str]:
    """1. Open the run's log. 2. Run the graph, streaming. 3. Make one value of how it ended. 4. Settle. 5. Conclude.

    Returns the queues that have a run ready because of this.
    """
    lease = body.lease
    facts = lease.facts
    logs.FACTS.set(facts)
    logger.debug("run started", extra=facts)
    began = time.monotonic()
    bench.recorder.claimed(lease)
    body.writer = writer = await open_log(lease, bench)
    with bench.recorder.opened(lease) as recollection:
        outcome = await execute_opened(body, bench, writer, Trace(recollection=recollection))
        if recollection and isinstance(outcome, Failure):
            recollection.fail(outcome.error)
    outcome, queues = await asyncio.shield(settle(body.lease, outcome, bench, writer))
    ended = type(outcome).__name__.lower()
    if not isinstance(outcome, Abandoned):
        bench.recorder.settled(lease, ended, time.monotonic() - began)
    reason = {"reason": outcome.reason} if isinstance(outcome, Abandoned) else {}
    logger.info("run ended", extra={**facts, "outcome": ended, **reason})
    return queues


async def execute_opened(body: Body, bench: Bench, writer: Writer, trace: Trace) -> Outcome:
    """A run whose kwargs cannot be read ends before it begins."""
    try:
        body.lease, writer.keys = await unsealing.opened(body.lease)
    except EncryptionFailed as error:
        return Failure(error, None)
    if trace.recollection:
        trace.recollection.keys = writer.keys
    begun = {"run_id": str(body.lease.run_id), "attempt": body.lease.attempt}
    await writer.append("metadata", encoding.dumps(begun))
    return await run_body(body, bench, writer, trace)


async def open_log(lease: Lease, bench: Bench) -> Writer:
    resumable = lease.kwargs["resumable"]
    seq = await last_seq(lease, bench) if lease.is_repeated else 0
    thread_id = None if lease.kwargs["temporary"] else lease.thread_id
    return bench.log.open(
        lease.run_id,
        thread_id,
        token=lease.token,
        epoch=lease.epoch,
        seq=seq,
        resumable=resumable,
        quiet=not is_followed(lease, bench),
    )


def is_followed(lease: Lease, bench: Bench) -> bool:
    """As far as is known: who followed an earlier attempt may still do so."""
    heard = lease.is_repeated or bench.attention.is_on(lease.run_id, lease.thread_id)
    return heard or is_told_in_full(lease.kwargs)


async def last_seq(lease: Lease, bench: Bench) -> int:
    """Where the attempt before stopped; of a run that is not kept well beyond it, above all a zombie sends."""
    if lease.kwargs["resumable"]:
        return await bench.ledger.last_kept(lease.run_id)
    return max(await bench.log.last(lease.run_id) or 0, lease.token * ATTEMPT) + ATTEMPT


async def settle(lease: Lease, outcome: Outcome, bench: Bench, writer: Writer) -> tuple[Outcome, set[str]]:
    """How it ended after all: Postgres may refuse what it was to leave. And the queues in which it left a run ready."""
    if isinstance(outcome, Abandoned):
        if not outcome.release:
            return outcome, set()
        # Before somebody else may hold it: what it did is not told again, and nothing is kept for who holds it no more.
        await writer.kept()
        delay = DATABASE_BACKOFF if outcome.reason == "database" else timedelta(0)
        return outcome, await insist(lambda: bench.ledger.release(lease, delay=delay))
    if isinstance(outcome, Failure):
        await writer.append("error", encoding.dumps(error_object(outcome.error)))
    await writer.kept()
    end = await unsealing.ending(lease, outcome, final_seq=writer.seq + 1 if writer.resumable else None)
    try:
        won = await insist(lambda: bench.ledger.settle(end))
    except (DatabaseError, ValueError):
        if not (isinstance(outcome, Success) and outcome.writes):
            raise
        return await settle(lease, await written_apart(lease, outcome, bench), bench, writer)
    if won:
        await writer.conclude(end.status)
    return outcome, set()


async def written_apart(lease: Lease, outcome: Success, bench: Bench) -> Outcome:
    """Postgres refused the end: if it was for the last checkpoints, that is how the run ended."""
    try:
        await commit(bench.saver, outcome.writes, Fence(lease.run_id, lease.token))
    except Exception as error:  # noqa: BLE001 - as it would be, had the graph waited for it
        return outcome_of(error, outcome.values)
    return replace(outcome, writes=())


async def insist(move: Callable[[], Awaitable[R]]) -> R:
    """Until our own database answers; if that takes longer than the lease, the move itself finds out."""
    while True:
        try:
            return await move()
        except Unavailable:
            await asyncio.sleep(RETRY)
