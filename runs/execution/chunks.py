"""A graph's stream as (namespace, mode, payload), whatever the shape the engine gives it."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from langgraph.runtime import RunControl

from langgraph_server.graphs.sources import Graph
from runs.choices import StreamMode
from runs.execution.invocation import Invocation

Chunk = tuple[tuple[str, ...], str, Any]
#: Runnables that carry it are the engine's own, of no interest to a client.
HIDDEN = "langsmith:hidden"


async def stream(graph: Graph, invocation: Invocation, control: RunControl, run_id: UUID) -> AsyncIterator[Chunk]:
    options = {**invocation.options, "control": control}
    if StreamMode.EVENTS in invocation.wanted:
        async for chunk in with_events(graph, invocation, options, run_id):
            yield chunk
        return
    async for yielded in graph.astream(invocation.input, invocation.config, **options):
        yield as_chunk(yielded)


async def with_events(
    graph: Graph, invocation: Invocation, options: dict[str, Any], run_id: UUID
) -> AsyncIterator[Chunk]:
    """The graph's own chunks come as events of its root runnable; all other events are passed on."""
    async for event in graph.astream_events(invocation.input, invocation.config, version="v2", **options):
        if event["event"] == "on_chain_stream" and event["run_id"] == str(run_id):
            yield as_chunk(event["data"]["chunk"])
        elif HIDDEN not in event.get("tags", ()):
            yield (), StreamMode.EVENTS, event


def as_chunk(yielded: Any) -> Chunk:
    """The engine names the namespace only when subgraphs are streamed too."""
    if len(yielded) == 3:
        namespace, mode, payload = yielded
        return namespace, mode, payload
    mode, payload = yielded
    return (), mode, payload
