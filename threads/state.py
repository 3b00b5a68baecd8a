"""Read a thread's state through its graph and the checkpointer."""

from typing import Any
from uuid import UUID

from langchain_core.runnables import RunnableConfig

from langgraph_server.checkpoints.saver import Saver
from langgraph_server.checkpoints.snapshots import EMPTY, thread_state
from langgraph_server.graphs.registry import open_graph, registry
from langgraph_server.rows import Rows
from threads import lifecycle


async def read(
    thread_id: UUID, *, rows: Rows, saver: Saver, checkpoint_id: str | None = None, subgraphs: bool = False
) -> dict[str, Any]:
    """The wire's thread state; of a thread without a graph or without checkpoints, the empty one."""
    thread = await rows.call(lifecycle.get, thread_id)
    graph_id = thread.metadata.get("graph_id")
    if graph_id not in registry().graph_ids:
        return {**EMPTY}
    configurable = {"thread_id": str(thread_id), "checkpoint_ns": "", **thread.config.get("configurable", {})}
    if checkpoint_id:
        configurable["checkpoint_id"] = checkpoint_id
    config: RunnableConfig = {"configurable": configurable}
    async with open_graph(graph_id, config, "threads.read", checkpointer=saver) as graph:
        return thread_state(await graph.aget_state(config, subgraphs=subgraphs))
