"""The graph of a run: opened as its caller, streamed to its log, and looked at where its values do not tell all."""

from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from langgraph_server.auth import caller
from langgraph_server.checkpoints import farewells
from langgraph_server.checkpoints.backend import fenced, kept, rest
from langgraph_server.checkpoints.fence import Fence, FenceDown
from langgraph_server.checkpoints.snapshots import interrupts_by_task
from langgraph_server.graphs.registry import open_graph
from langgraph_server.graphs.sources import Graph
from langgraph_server.streams.writer import Writer
from runs.choices import Durability
from runs.execution import chunks, narration, projects, spans
from runs.execution import invocation as invocations
from runs.execution.bench import Bench
from runs.execution.body import Body
from runs.execution.invocation import Invocation
from runs.execution.narration import Narrator
from runs.execution.outcome import Success
from runs.execution.trace import Trace, see
from runs.execution.translation import Translator
from runs.lease import Lease


async def run_graph(body: Body, bench: Bench, writer: Writer, trace: Trace) -> Success:
    lease = body.lease
    fence, is_late = Fence(lease.run_id, lease.token), partial(bench.is_late, lease.asked)
    body.control.is_late = is_late
    ahead = lease.kwargs["durability"] == Durability.ASYNC
    saver = None if lease.kwargs["temporary"] else fenced(bench.saver, fence, is_late, ahead=ahead, blank=lease.blank)
    try:
        success = await run_saved(body, bench, writer, trace, saver)
        return replace(success, writes=await rest(saver))
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
        spans.of_run(f"run {lease.graph_id}", lease.facts, invocation.config),
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
