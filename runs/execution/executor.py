"""The story of one run, from its lease to its settlement."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from django.conf import settings
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained
from langgraph.store.base import BaseStore

from langgraph_server import encoding, logs
from langgraph_server.auth import caller
from langgraph_server.checkpoints import farewells
from langgraph_server.checkpoints.backend import fenced, kept
from langgraph_server.checkpoints.fence import CheckpointsUnavailable, Fence, FenceDown
from langgraph_server.checkpoints.snapshots import interrupts_by_task
from langgraph_server.encryption.errors import EncryptionFailed
from langgraph_server.errors import Unavailable
from langgraph_server.graphs.registry import open_graph
from langgraph_server.graphs.sources import Graph
from langgraph_server.streams.attention import Attention
from langgraph_server.streams.log import RunLog
from langgraph_server.streams.writer import Writer
from runs.choices import Durability, is_told_in_full
from runs.execution import chunks, narration, projects, spans, unsealing
from runs.execution import invocation as invocations
from runs.execution.body import Body, Stop
from runs.execution.invocation import Invocation
from runs.execution.ledger import Ledger
from runs.execution.narration import Narrator
from runs.execution.outcome import (
    Abandoned,
    Cancelled,
    Failure,
    Outcome,
    Success,
    TimedOut,
    error_object,
)
from runs.execution.recollection import Recollection
from runs.execution.recorder import Recorder
from runs.execution.translation import Translator
from runs.lease import Lease

logger = logging.getLogger(__name__)

R = TypeVar("R")

#: A run that our own database failed comes back after this.
DATABASE_BACKOFF = timedelta(seconds=1)
RETRY = 0.5
#: Between the seqs of two attempts of a run whose events are not kept.
ATTEMPT = 1_000_000


@dataclass(frozen=True, slots=True)
class Bench:
    """What executing needs: one a worker process."""

    ledger: Ledger
    log: RunLog
    saver: BaseCheckpointSaver[Any]
    store: BaseStore
    recorder: Recorder
    attention: Attention
    #: Whether a lease that was asked for then is over, by the clock of the process.
    is_late: Callable[[float], bool]


@dataclass(slots=True)
class Trace:
    """What is known of the graph's state from what it yielded so far."""

    values: Any = None
    interrupted: bool = False
    #: The values that it started with came first.
    started: bool = False
    #: What operators are told of its tasks, if they want to know.
    recollection: Recollection | None = None


async def execute(body: Body, bench: Bench) -> set[str]:
    """1. Open the run's log. 2. Run the graph, streaming. 3. Make one value of how it ended. 4. Settle. 5. Conclude.

    Returns the queues that have a run ready because of this.
    """
    lease = body.lease
    facts = facts_of(lease)
    logs.FACTS.set(facts)
    logger.debug("run started", extra=facts)
    began = time.monotonic()
    bench.recorder.claimed(lease)
    body.writer = writer = await open_log(lease, bench)
    with bench.recorder.opened(lease) as recollection:
        outcome = await execute_opened(body, bench, writer, Trace(recollection=recollection))
        if recollection and isinstance(outcome, Failure):
            recollection.fail(outcome.error)
    queues = await asyncio.shield(settle(body.lease, outcome, bench, writer))
    ended = type(outcome).__name__.lower()
    if not isinstance(outcome, Abandoned):
        bench.recorder.settled(lease, ended, time.monotonic() - began)
    reason = {"reason": outcome.reason} if isinstance(outcome, Abandoned) else {}
    logger.info("run ended", extra={**facts, "outcome": ended, **reason})
    return queues


def facts_of(lease: Lease) -> dict[str, Any]:
    return {"run_id": str(lease.run_id), "thread_id": str(lease.thread_id), "attempt": lease.attempt}


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


async def run_body(body: Body, bench: Bench, writer: Writer, trace: Trace) -> Outcome:
    """The graph runs as a task of its own, so that one that swallows its cancellation cannot hold the slot."""
    task = asyncio.create_task(run_graph(body, bench, writer, trace), name=f"run {body.lease.run_id}")
    # Asked for in any case: what one that was stopped raises is nobody's, and asyncio would log it as forgotten.
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    limit = settings.RUN_TIMEOUT.total_seconds()
    either: set[asyncio.Future[Any]] = {task, body.stopping}
    await asyncio.wait(either, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        body.stop(Stop("timeout"))
        task.cancel()
        await asyncio.wait({task}, timeout=settings.STOP_PATIENCE.total_seconds())
    if body.stopped is None or (body.stopped.kind != "lease" and task.done() and not task.cancelled()):
        return classify(task, trace, writer)
    return await stopped_outcome(body, bench, trace, limit)


def classify(task: asyncio.Task[Success], trace: Trace, writer: Writer) -> Outcome:
    error = task.exception() if not task.cancelled() else asyncio.CancelledError()
    if error is None:
        return Abandoned("replaced", release=False) if writer.replaced else task.result()
    if isinstance(error, FenceDown):
        return Abandoned("replaced", release=False)
    if isinstance(error, GraphDrained):
        return Abandoned("shutdown", release=True)
    if isinstance(error, (CheckpointsUnavailable, Unavailable)) and not isinstance(error, EncryptionFailed):
        return Abandoned("database", release=True)
    logger.info("graph raised", exc_info=error)
    return Failure(error, trace.values)


async def stopped_outcome(body: Body, bench: Bench, trace: Trace, limit: float) -> Outcome:
    stop = body.stopped or Stop("lease")
    if stop.kind == "lease":
        return Abandoned("lease lost", release=False)
    if stop.kind == "shutdown":
        return Abandoned("shutdown", release=True)
    if stop.kind == "timeout":
        return TimedOut(limit, trace.values)
    with contextlib.suppress(CheckpointsUnavailable):
        return Cancelled(stop.action, stop.reason, await look_at_state(body.lease, bench, trace))
    return Cancelled(stop.action, stop.reason, None)


async def run_graph(body: Body, bench: Bench, writer: Writer, trace: Trace) -> Success:
    lease = body.lease
    fence, is_late = Fence(lease.run_id, lease.token), partial(bench.is_late, lease.asked)
    body.control.is_late = is_late
    ahead = lease.kwargs["durability"] == Durability.ASYNC
    saver = None if lease.kwargs["temporary"] else fenced(bench.saver, fence, is_late, ahead=ahead)
    try:
        return await run_saved(body, bench, writer, trace, saver)
    finally:
        await kept(saver)


async def run_saved(
    body: Body, bench: Bench, writer: Writer, trace: Trace, saver: BaseCheckpointSaver[Any] | None
) -> Success:
    lease, is_late = body.lease, body.control.is_late
    if saver is not None:
        await farewells.carry_out(saver, bench.ledger.rows, lease.thread_id)
    resumed = saver is not None and lease.is_repeated and await has_checkpoints(lease, saver)
    invocation = invocations.build(lease, resumed=resumed)
    caller.CALLER.set(caller.of_run(invocation.config["configurable"]))
    with (
        projects.traced(invocation.config["configurable"]),
        spans.of_run(f"run {lease.graph_id}", facts_of(lease), invocation.config),
    ):
        async with opened(lease, invocation, saver, bench.store) as graph:
            if is_late():
                raise FenceDown
            invocation = invocation.for_schema(graph.context_schema)
            await stream(graph, invocation, body, writer, trace)
            if saver is not None and (trace.interrupted or stops_by_itself(graph, invocation)):
                return await state_of(graph, invocation)
    return Success(trace.values, {}, waits=trace.interrupted)


async def has_checkpoints(lease: Lease, saver: BaseCheckpointSaver[Any]) -> bool:
    """An earlier attempt of this run wrote the thread's latest checkpoint."""
    latest = await saver.aget_tuple({"configurable": {"thread_id": str(lease.thread_id), "checkpoint_ns": ""}})
    return latest is not None and latest.metadata.get("run_id") == str(lease.run_id)


def opened(
    lease: Lease, invocation: Invocation, saver: BaseCheckpointSaver[Any] | None, store: BaseStore
) -> AbstractAsyncContextManager[Graph]:
    config, context = invocation.config, invocation.context
    equipment: dict[str, Any] = {"store": store, "checkpointer": saver, "context": context}
    user = config["configurable"].get("langgraph_auth_user")
    return open_graph(lease.graph_id, config, "threads.create_run", user=user, **equipment)


async def stream(graph: Graph, invocation: Invocation, body: Body, writer: Writer, trace: Trace) -> None:
    if invocation.event_streaming:
        await narrate(graph, invocation, body, writer, trace)
        return
    translator = Translator(invocation)
    if trace.recollection:
        invocation = invocation.with_tasks
    async for namespace, mode, payload in chunks.stream(graph, invocation, body.control, body.lease.run_id):
        if mode == "values" and not namespace:
            see(body, trace, payload)
        elif mode == "tasks" and trace.recollection:
            trace.recollection.see(namespace, payload)
        for event in translator.translate(namespace, mode, payload):
            await writer.append(*event)


async def narrate(graph: Graph, invocation: Invocation, body: Body, writer: Writer, trace: Trace) -> None:
    narrator = Narrator(body.lease.run_id, body.lease.graph_id)
    async for event in narration.stream(graph, invocation, body.control):
        params = event["params"]
        if event["method"] == "values" and not params["namespace"]:
            see(body, trace, params["data"])
            trace.interrupted = trace.interrupted or bool(params.get("interrupts"))
        elif event["method"] == "tasks" and trace.recollection:
            trace.recollection.see(params["data"]["namespace"], params["data"]["data"])
        for line in narrator.tell(event):
            await writer.append(*line)


def see(body: Body, trace: Trace, values: Any) -> None:
    body.stepped, trace.started = trace.started, True
    if isinstance(values, dict) and "__interrupt__" in values:
        trace.interrupted = True
        values = {key: value for key, value in values.items() if key != "__interrupt__"}
    trace.values = values


def stops_by_itself(graph: Graph, invocation: Invocation) -> bool:
    """It may have stopped before or after a node, which no yielded value tells."""
    return bool(
        invocation.interrupt_before
        or invocation.interrupt_after
        or graph.interrupt_before_nodes
        or graph.interrupt_after_nodes
    )


async def look_at_state(lease: Lease, bench: Bench, trace: Trace) -> Success:
    if lease.kwargs["temporary"]:
        return Success(trace.values, {}, waits=False)
    invocation = invocations.build(lease, resumed=True)
    async with opened(lease, invocation, bench.saver, bench.store) as graph:
        return await state_of(graph, invocation)


async def state_of(graph: Graph, invocation: Invocation) -> Success:
    configurable = {
        key: value for key, value in invocation.config["configurable"].items() if not key.startswith("checkpoint_")
    }
    snapshot = await graph.aget_state({**invocation.config, "configurable": configurable})
    return Success(snapshot.values, interrupts_by_task(snapshot), waits=bool(snapshot.next))


async def settle(lease: Lease, outcome: Outcome, bench: Bench, writer: Writer) -> set[str]:
    if isinstance(outcome, Abandoned):
        if not outcome.release:
            return set()
        # Before somebody else may hold it: what it did is not told again, and nothing is kept for who holds it no more.
        await writer.kept()
        delay = DATABASE_BACKOFF if outcome.reason == "database" else timedelta(0)
        return await insist(lambda: bench.ledger.release(lease, delay=delay))
    if isinstance(outcome, Failure):
        await writer.append("error", encoding.dumps(error_object(outcome.error)))
    await writer.kept()
    end = await unsealing.ending(lease, outcome, final_seq=writer.seq + 1 if writer.resumable else None)
    if await insist(lambda: bench.ledger.settle(end)):
        await writer.conclude(end.status)
    return set()


async def insist(move: Callable[[], Awaitable[R]]) -> R:
    """Until our own database answers; if that takes longer than the lease, the move itself finds out."""
    while True:
        try:
            return await move()
        except Unavailable:
            await asyncio.sleep(RETRY)
