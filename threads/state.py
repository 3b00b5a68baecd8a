"""Read and update a thread's state through its graph and the checkpointer, on the loop."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import InvalidUpdateError
from langgraph.types import StateUpdate
from langgraph_sdk.runtime import AccessContext

from langgraph_server.api.resources import Resources
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.auth.principal import ANONYMOUS, Principal
from langgraph_server.checkpoints import farewells
from langgraph_server.checkpoints.backend import fenced
from langgraph_server.checkpoints.fence import Fence, FenceDown
from langgraph_server.checkpoints.snapshots import EMPTY, checkpoint_object, interrupts_by_task, thread_state
from langgraph_server.commands import as_command
from langgraph_server.errors import BadRequest
from langgraph_server.graphs.registry import open_graph, registry
from langgraph_server.graphs.sources import Graph
from threads import lifecycle, settled
from threads.errors import ThreadHasNoGraph, ThreadHasRuns
from threads.models import Thread
from threads.sealing import sealed_state, with_config

Json = Mapping[str, Any]
#: The parts of a checkpoint's address that a client may give.
ADDRESS = ("checkpoint_id", "checkpoint_ns", "checkpoint_map")


async def read(
    thread_id: UUID,
    resources: Resources,
    *,
    checkpoint: Json | None = None,
    subgraphs: bool = False,
    caller: Principal = ANONYMOUS,
    visible: Filter = EVERYTHING,
) -> dict[str, Any]:
    """The wire's thread state; of a thread without a graph or without checkpoints, the empty one."""
    thread = await with_config(await resources.rows.call(lifecycle.get, thread_id, visible=visible))
    config = config_of(thread, checkpoint, caller)
    if not has_graph(thread):
        return {**EMPTY}
    async with opened(thread, config, "threads.read", resources, resources.saver, caller) as graph:
        return thread_state(await graph.aget_state(config, subgraphs=subgraphs))


async def history(
    thread_id: UUID,
    resources: Resources,
    *,
    limit: int,
    before: Json | None = None,
    metadata: Json | None = None,
    checkpoint: Json | None = None,
    caller: Principal = ANONYMOUS,
    visible: Filter = EVERYTHING,
) -> list[dict[str, Any]]:
    """Newest first. `before` is a checkpoint's address, bare or inside `configurable`."""
    thread = await with_config(await resources.rows.call(lifecycle.get, thread_id, visible=visible))
    if not has_graph(thread):
        return []
    config = config_of(thread, checkpoint, caller)
    earlier = config_of(thread, before.get("configurable", before)) if before else None
    async with opened(thread, config, "threads.read", resources, resources.saver, caller) as graph:
        snapshots = graph.aget_state_history(
            config, filter=dict(metadata) if metadata else None, before=earlier, limit=limit
        )
        return [thread_state(snapshot) async for snapshot in snapshots]


async def update(
    thread_id: UUID,
    resources: Resources,
    *,
    values: Any,
    as_node: str | None,
    checkpoint: Json | None = None,
    caller: Principal = ANONYMOUS,
    visible: Filter = EVERYTHING,
) -> dict[str, Any]:
    """Write as a node would; the new checkpoint is the thread's latest. Refused while runs are in flight."""
    async with writing(thread_id, checkpoint, resources, caller, visible) as (graph, config):
        return address(await graph.aupdate_state(config, values, as_node=as_node))


async def update_in_bulk(
    thread_id: UUID, resources: Resources, supersteps: Sequence[Json], *, caller: Principal = ANONYMOUS
) -> None:
    """Each superstep becomes a checkpoint of its own; for threads that bring a history along."""
    steps = [[state_update(update) for update in step["updates"]] for step in supersteps]
    async with writing(thread_id, None, resources, caller, EVERYTHING) as (graph, config):
        await graph.abulk_update_state(config, steps)


@asynccontextmanager
async def writing(
    thread_id: UUID, checkpoint: Json | None, resources: Resources, caller: Principal, visible: Filter
) -> AsyncIterator[tuple[Graph, RunnableConfig]]:
    """The graph over a thread that no run occupies; afterwards the thread's row shows its latest checkpoint."""
    thread = await with_config(await resources.rows.call(settled.idle_thread, thread_id, visible=visible))
    config = config_of(thread, checkpoint, caller)
    saver = fenced(resources.saver, Fence(thread_id, 0))
    try:
        async with opened(thread, config, "threads.update", resources, saver, caller) as graph:
            yield graph, config
            await refresh(thread, graph, resources)
    except FenceDown:
        raise ThreadHasRuns(thread_id=thread_id) from None
    except (InvalidUpdateError, ValueError) as error:
        raise BadRequest(detail=error) from error


async def refresh(thread: Thread, graph: Graph, resources: Resources) -> None:
    snapshot = await graph.aget_state(config_of(thread, None))
    values, interrupts = await sealed_state(snapshot.values, interrupts_by_task(snapshot))
    await resources.rows.call(settled.record, thread.thread_id, values, interrupts, waits=bool(snapshot.next))


def state_update(update: Json) -> StateUpdate:
    command = update.get("command")
    values: Any = as_command(command) if command else update.get("values")
    return StateUpdate(values, update.get("as_node"))


def address(config: RunnableConfig) -> dict[str, Any]:
    checkpoint = checkpoint_object(config) or {}
    return {"checkpoint": checkpoint, "configurable": checkpoint, "checkpoint_id": checkpoint.get("checkpoint_id")}


def has_graph(thread: Thread) -> bool:
    return thread.metadata.get("graph_id") in registry().graph_ids


def config_of(thread: Thread, checkpoint: Json | None, caller: Principal = ANONYMOUS) -> RunnableConfig:
    given = {key: checkpoint[key] for key in ADDRESS if checkpoint.get(key) is not None} if checkpoint else {}
    remembered = thread.config.get("configurable", {})
    return {
        "configurable": {
            **remembered,
            **caller.tells_readers,
            "checkpoint_ns": "",
            **given,
            "thread_id": str(thread.thread_id),
        },
        "metadata": {"graph_id": thread.metadata.get("graph_id"), "thread_id": str(thread.thread_id)},
    }


@asynccontextmanager
async def opened(
    thread: Thread,
    config: RunnableConfig,
    access: AccessContext,
    resources: Resources,
    saver: BaseCheckpointSaver[Any],
    caller: Principal,
) -> AsyncIterator[Graph]:
    if not has_graph(thread):
        raise ThreadHasNoGraph(thread_id=thread.thread_id)
    await farewells.carry_out(saver, resources.rows, thread.thread_id)
    graph_id, user = thread.metadata["graph_id"], caller.graph_user
    async with open_graph(graph_id, config, access, store=resources.store, checkpointer=saver, user=user) as graph:
        yield graph
