"""What the configured graphs turned out to be, for the person who runs `check`."""

from dataclasses import dataclass

from langgraph.constants import START

from langgraph_server.graphs.factories import Factory
from langgraph_server.graphs.registry import Registry


@dataclass(frozen=True)
class GraphReport:
    graph_id: str
    where: str
    kind: str
    #: What a factory is called with, in the order of its parameters.
    arguments: tuple[str, ...] = ()
    #: Unknown for a factory until it is called.
    nodes: int | None = None


def describe(registry: Registry) -> list[GraphReport]:
    return [report(registry, graph_id) for graph_id in registry.graph_ids]


def report(registry: Registry, graph_id: str) -> GraphReport:
    where, source = registry.spec(graph_id).path, registry.get(graph_id)
    if isinstance(source, Factory):
        return GraphReport(graph_id, where, "factory", arguments=tuple(source.parameters.arguments.values()))
    return GraphReport(graph_id, where, source.written_as, nodes=len(source.graph.nodes.keys() - {START}))
