"""The system assistants: one per configured graph, with a stable id, made at start by whoever comes first."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from assistants.models import Assistant
from langgraph_server.config.document import GraphSpec

#: Fixed by the wire contract; none of the RFC 4122 namespaces (those end in b810, b811, b812 and b814).
NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")


def assistant_id_of(graph_id: str) -> UUID:
    return uuid5(NAMESPACE, graph_id)


def ensure(graphs: Iterable[GraphSpec]) -> None:
    """Safe with many processes starting at once: the primary key decides, the first wins."""
    Assistant.objects.bulk_create(
        [
            Assistant(
                assistant_id=assistant_id_of(graph.graph_id),
                graph_id=graph.graph_id,
                name=graph.graph_id,
                description=graph.description,
                metadata={"created_by": "system"},
            )
            for graph in graphs
        ],
        ignore_conflicts=True,
    )
