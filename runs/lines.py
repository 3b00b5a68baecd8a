"""Lines of the event protocol: the envelopes of its events without their numbers, under a name for the log. Pure.

The name is the channel's method and the namespace, joined by `|` as in the other streams' event names.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from runs import compaction

Line = tuple[str, bytes]
Namespace = Sequence[str]
#: (id, value)
Interrupt = tuple[str, Any]


def line(
    method: str,
    namespace: Namespace,
    data: Any,
    *,
    node: str | None = None,
    event_id: str | None = None,
    at: datetime | None = None,
) -> Line:
    """`custom:<name>` is a channel of its own and custom. Without an id it gets that of its place in the log."""
    at = at or timezone.now()
    params = {"namespace": list(namespace), "timestamp": int(at.timestamp() * 1000), "data": data}
    envelope = {
        "type": "event",
        **({"event_id": event_id} if event_id else {}),
        "method": method.partition(":")[0],
        "params": {**params, "node": node} if node else params,
    }
    return "|".join((method, *namespace)), compaction.dumps(envelope)


def updates(namespace: Namespace, by_node: Any) -> Iterator[Line]:
    for node, update in by_node.items() if isinstance(by_node, Mapping) else ():
        if node != "__interrupt__":
            yield line("updates", namespace, update, node=node)


def checkpoint(namespace: Namespace, told: Mapping[str, Any]) -> Line:
    """What fork buttons need; the state itself is told by `values`."""
    metadata = told.get("metadata") or {}
    parent = id_of(told.get("parent_config"))
    data = {
        "id": id_of(told.get("config")),
        **({"parent_id": parent} if parent else {}),
        "step": metadata.get("step"),
        "source": metadata.get("source"),
    }
    return line("checkpoints", namespace, data)


def id_of(config: Mapping[str, Any] | None) -> str | None:
    found = (config or {}).get("configurable", {}).get("checkpoint_id")
    return str(found) if found else None


class Story:
    """What is told once a run, by ids that do not depend on who tells it."""

    def __init__(self, run_id: UUID, graph_id: str) -> None:
        self.run_id = run_id
        self.graph_id = graph_id
        self.asked: set[str] = set()

    def transition(
        self,
        event: str,
        namespace: Namespace = (),
        *,
        graph_name: str | None = None,
        error: str | None = None,
        at: datetime | None = None,
    ) -> Line:
        """Of the whole run, or of a subgraph."""
        name = self.graph_id if graph_name is None else graph_name
        told = {"event": event, "graph_name": name, **({"error": error} if error else {})}
        event_id = f"synth:{self.run_id}:lc|{'|'.join(namespace)}|{event}"
        return line("lifecycle", namespace, told, event_id=event_id, at=at)

    def interrupts(self, namespace: Namespace, interrupts: Iterable[Interrupt]) -> Iterator[Line]:
        """Each is asked once, by the innermost graph that waits; after the first ones the whole run is interrupted."""
        was_asked = bool(self.asked)
        for interrupt_id, value in interrupts:
            if interrupt_id not in self.asked:
                self.asked.add(interrupt_id)
                event_id = f"synth:{self.run_id}:input|{'|'.join(namespace)}|{interrupt_id}"
                told = {"interrupt_id": interrupt_id, "payload": value, "value": value}
                yield line("input.requested", namespace, told, event_id=event_id)
        if self.asked and not was_asked:
            yield self.transition("interrupted")
