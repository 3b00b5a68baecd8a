"""The system assistants: one per configured graph, with a stable id, made at start by whoever comes first."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from django.db import transaction

from assistants import versions
from assistants.models import Assistant, AssistantVersion
from langgraph_server.config.document import GraphSpec

#: Fixed by the wire contract; none of the RFC 4122 namespaces (those end in b810, b811, b812 and b814).
NAMESPACE = UUID("6ba7b821-9dad-11d1-80b4-00c04fd430c8")


def assistant_id_of(graph_id: str) -> UUID:
    return uuid5(NAMESPACE, graph_id)


def ensure(graphs: Iterable[GraphSpec]) -> None:
    """Safe with many processes starting at once: the primary key decides, the first wins."""
    assistants = [system_assistant(graph) for graph in sorted(graphs, key=lambda graph: graph.graph_id)]
    with transaction.atomic():
        Assistant.objects.bulk_create(assistants, ignore_conflicts=True)
        # Locked, so that those who come second see the versions of the first.
        held = Assistant.objects.select_for_update(no_key=True).in_bulk([each.assistant_id for each in assistants])
        versioned = AssistantVersion.objects.filter(assistant_id__in=held).values_list("assistant_id", flat=True)
        versions.record(held[assistant_id] for assistant_id in held.keys() - set(versioned))


def system_assistant(graph: GraphSpec) -> Assistant:
    return Assistant(
        assistant_id=assistant_id_of(graph.graph_id),
        graph_id=graph.graph_id,
        name=graph.graph_id,
        description=graph.description,
        metadata={"created_by": "system"},
    )
