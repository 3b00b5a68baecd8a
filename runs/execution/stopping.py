"""One value of how a graph ended: by itself, or because somebody wished it."""

import asyncio
import contextlib
import logging
from typing import Any

from django.conf import settings
from langgraph.errors import GraphDrained

from langgraph_server.checkpoints.fence import CheckpointsUnavailable, FenceDown
from langgraph_server.encryption.errors import EncryptionFailed
from langgraph_server.errors import Unavailable
from langgraph_server.streams.writer import Writer
from runs.execution.bench import Bench
from runs.execution.body import Body, Stop
from runs.execution.graph import look_at_state, run_graph
from runs.execution.outcome import Abandoned, Cancelled, Failure, Outcome, Success, TimedOut
from runs.execution.trace import Trace

logger = logging.getLogger(__name__)


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
    return outcome_of(error, trace.values)


def outcome_of(error: BaseException, values: Any) -> Outcome:
    if isinstance(error, FenceDown):
        return Abandoned("replaced", release=False)
    if isinstance(error, GraphDrained):
        return Abandoned("shutdown", release=True)
    if isinstance(error, (CheckpointsUnavailable, Unavailable)) and not isinstance(error, EncryptionFailed):
        return Abandoned("database", release=True)
    logger.info("graph raised", exc_info=error)
    return Failure(error, values)


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
