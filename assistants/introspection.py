"""What the graph of an assistant looks like: drawn, or as JSON schemas. On the loop; the describing itself on a thread.

A graph that all uses share is described once a process. What a factory makes depends on the assistant's
configuration, and on whatever else the factory looks at: it is described anew each time.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Any, cast

from django.utils.safestring import SafeString
from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore

from assistants.errors import NotDrawable
from assistants.models import Assistant
from assistants.sealing import configured
from langgraph_server.auth.principal import ANONYMOUS, Principal
from langgraph_server.graphs.drawing import draw
from langgraph_server.graphs.registry import open_graph, registry
from langgraph_server.graphs.schemas import schemas, subgraph_schemas
from langgraph_server.graphs.sources import SharedGraph
from langgraph_server.graphs.svg import svg

Description = dict[str, Any]

#: No client can ask for more drawings than this: each is kept.
DEEPEST = 32

DESCRIBED: dict[tuple[Hashable, ...], Description] = {}


async def drawing(assistant: Assistant, store: BaseStore, *, xray: int, caller: Principal = ANONYMOUS) -> Description:
    try:
        return await described(assistant, store, draw, min(xray, DEEPEST), caller=caller)
    except NotImplementedError:
        raise NotDrawable from None


def drawn_now(graph_id: str) -> SafeString | None:
    """Without the loop, so only what all uses share; None: a factory makes it anew each time, or it cannot be drawn."""
    source = registry().sources.get(graph_id)
    if not isinstance(source, SharedGraph):
        return None
    try:
        return svg(draw(source.graph, DEEPEST))
    except NotImplementedError:
        return None


async def schemas_of(assistant: Assistant, store: BaseStore, *, caller: Principal = ANONYMOUS) -> Description:
    return {"graph_id": assistant.graph_id, **await described(assistant, store, schemas, caller=caller)}


async def subgraphs(
    assistant: Assistant,
    store: BaseStore,
    *,
    namespace: str | None,
    recurse: bool,
    caller: Principal = ANONYMOUS,
) -> Description:
    found = await described(assistant, store, subgraph_schemas, recurse, caller=caller)
    return found if namespace is None else {name: found[name] for name in [namespace] if name in found}


async def described(
    assistant: Assistant,
    store: BaseStore,
    describe: Callable[..., Description],
    *arguments: int,
    caller: Principal = ANONYMOUS,
) -> Description:
    source = registry().get(assistant.graph_id)
    key = (source.graph, describe, *arguments) if isinstance(source, SharedGraph) else None
    if key in DESCRIBED:
        return DESCRIBED[key]
    own, context = await configured(assistant)
    config = cast(RunnableConfig, {**own, "configurable": {**own.get("configurable", {}), **caller.tells_readers}})
    equipment: dict[str, Any] = {"store": store, "context": context or None, "user": caller.graph_user}
    async with open_graph(assistant.graph_id, config, "assistants.read", **equipment) as graph:
        description = await asyncio.to_thread(describe, graph, *arguments)
    if key:
        DESCRIBED[key] = description
    return description
