"""The graphs of this process: imported once at start, opened for each use with its own saver and store."""

import copy
import functools
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from langchain_core.runnables import RunnableConfig
from langgraph.store.base import BaseStore
from langgraph.types import Checkpointer
from langgraph_sdk.auth.types import BaseUser
from langgraph_sdk.runtime import AccessContext

from langgraph_server.config.document import GraphSpec
from langgraph_server.config.importing import import_object
from langgraph_server.config.loading import prepare_application, server_config
from langgraph_server.errors import ConfigurationError, NotFound
from langgraph_server.graphs.factories import made_by, runtime_for
from langgraph_server.graphs.sources import Graph, SharedGraph, Source, graph_made, source_of


class GraphNotFound(NotFound):
    code = "graph_not_found"
    message = "Graph '{graph_id}' not found. Expected one of: {known}"


@dataclass(frozen=True)
class Registry:
    specs: Mapping[str, GraphSpec]
    sources: Mapping[str, Source]

    @property
    def graph_ids(self) -> tuple[str, ...]:
        return tuple(sorted(self.specs))

    def spec(self, graph_id: str) -> GraphSpec:
        self.expect(graph_id)
        return self.specs[graph_id]

    def get(self, graph_id: str) -> Source:
        self.expect(graph_id)
        return self.sources[graph_id]

    def expect(self, graph_id: str) -> None:
        if graph_id not in self.specs:
            raise GraphNotFound(graph_id=graph_id, known=list(self.graph_ids))


@functools.cache
def registry() -> Registry:
    """Call it first at start and outside any loop: modules of the application may use `asyncio.run`."""
    return load_graphs()


def load_graphs() -> Registry:
    config = server_config()
    prepare_application(config)
    sources = {}
    for graph_id, spec in config.graphs.items():
        with naming(graph_id):
            sources[graph_id] = source_of(import_object(spec.path, config.root))
    return Registry(config.graphs, sources)


@asynccontextmanager
async def open_graph(
    graph_id: str,
    config: RunnableConfig,
    access: AccessContext,
    *,
    store: BaseStore | None = None,
    checkpointer: Checkpointer = None,
    user: BaseUser | None = None,
    context: object = None,
) -> AsyncIterator[Graph]:
    """The graph, named by its id, with exactly this saver and store whatever it was compiled with.

    Subgraphs keep what they were compiled with: the engine lends them the saver, or its absence.
    """
    source = registry().get(graph_id)
    if isinstance(source, SharedGraph):
        yield equip(source.graph, graph_id, checkpointer, store)
        return
    runtime = runtime_for(source, access, store=store, user=user, context=context)
    async with made_by(source, config, runtime) as made:
        with naming(graph_id):
            graph = graph_made(made)
        yield equip(graph, graph_id, checkpointer, store)


@contextmanager
def naming(graph_id: str) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        raise ConfigurationError(f"Graph '{graph_id}': {error}") from error


def equip(graph: Graph, graph_id: str, checkpointer: Checkpointer, store: BaseStore | None) -> Graph:
    # Not `Pregel.copy`: it validates every node again, and forgets which types may be deserialised.
    equipped = copy.copy(graph)
    equipped.name = graph_id
    equipped.checkpointer = checkpointer
    equipped.store = store
    return equipped
