"""Events of a run that was not started by the protocol, as the lines that the protocol's own runs write."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from langgraph_server.streams.events import Event
from runs import compaction
from runs.lines import Line, Story, checkpoint, line, updates

INTERRUPT = "__interrupt__"
#: Lines that one event may make.
SLOTS = 16


def lines(story: Story, event: Event) -> Iterator[Line]:
    """Chunks of messages have no form here: `values` tells the messages."""
    mode, *namespace = event.event.split("|")
    match mode:
        case "values":
            values = orjson.loads(event.data)
            yield from story.interrupts(namespace, interrupts_in(values))
            yield line(mode, namespace, compaction.of_values(values))
        case "updates":
            update = orjson.loads(event.data)
            yield from story.interrupts(namespace, interrupts_in(update))
            yield from updates(namespace, update)
        case "custom":
            yield line(mode, namespace, {"payload": orjson.loads(event.data)})
        case "tasks":
            yield line(mode, namespace, orjson.loads(event.data))
        case "checkpoints":
            yield checkpoint(namespace, orjson.loads(event.data))


def interrupts_in(document: Any) -> Sequence[tuple[str, Any]]:
    """Taken out of it."""
    found = document.pop(INTERRUPT, ()) if isinstance(document, dict) else ()
    return [(str(interrupt.get("id")), interrupt.get("value")) for interrupt in found if isinstance(interrupt, dict)]
