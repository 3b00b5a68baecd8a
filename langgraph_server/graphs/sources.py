"""What langgraph.json may point at: a graph that every use shares, or a factory that makes one for each."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from langgraph.graph.state import CompiledStateGraph, StateGraph
from langgraph.pregel import Pregel

from langgraph_server.errors import ConfigurationError
from langgraph_server.graphs.factories import Factory, recognise

Graph: TypeAlias = Pregel[Any, Any, Any, Any]


@dataclass(frozen=True)
class SharedGraph:
    """Nobody changes the graph: each use gets a copy."""

    graph: Graph
    written_as: Literal["compiled graph", "builder", "entrypoint"]


Source: TypeAlias = SharedGraph | Factory


def source_of(found: object) -> Source:
    if isinstance(found, CompiledStateGraph):
        return SharedGraph(found, "compiled graph")
    if isinstance(found, Pregel):
        return SharedGraph(found, "entrypoint")
    if isinstance(found, StateGraph):
        return SharedGraph(compiled_from(found), "builder")
    if callable(found):
        return recognise(found)
    raise ConfigurationError(f"it is neither a graph nor a graph factory, but {type(found).__name__}")


def graph_made(made: object) -> Graph:
    """What a factory made, as a graph."""
    if isinstance(made, Pregel):
        return made
    if isinstance(made, StateGraph):
        return compiled_from(made)
    raise ConfigurationError(f"its factory made no graph, but {type(made).__name__}")


def compiled_from(builder: StateGraph[Any, Any, Any, Any]) -> Graph:
    try:
        return builder.compile()
    except ValueError as error:
        raise ConfigurationError(f"it cannot be compiled: {error}") from error
