"""A task's progress as a stream of frames."""

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from langgraph_server import encoding
from langgraph_server.api.streaming import Beat
from langgraph_server.gateways import jsonrpc
from langgraph_server.gateways.a2a import documents, messages
from langgraph_server.gateways.a2a.dialects import Dialect, Json
from langgraph_server.gateways.a2a.tasks import Task
from langgraph_server.streams import sse
from langgraph_server.streams.events import START, Event

#: A message as it grows, and one that comes whole.
GROWING = frozenset({"messages/partial", "messages/complete"})


class Telling:
    def __init__(self, call_id: Any, dialect: Dialect) -> None:
        self.call_id = call_id
        self.dialect = dialect
        self.beat = Beat()

    def frame(self, document: Json) -> bytes:
        return self.framed(jsonrpc.result(self.call_id, self.dialect(document)))

    def framed(self, told: Json) -> bytes:
        return sse.frame(Event(START, "message", encoding.dumps(told)), with_id=False)

    def progress(self, task: Task, events: Sequence[Event]) -> bytes:
        frames = b"".join(self.frame(working(task, parts)) for parts in said(events))
        return frames + sse.HEARTBEAT if self.beat.is_due(quiet=not events) else frames

    def end(self, task: Task) -> bytes:
        made = documents.document(task, of_task=True).get("artifacts", ())
        told = [about(task, "artifact-update", artifact=each, append=False, lastChunk=True) for each in made]
        told.append(about(task, "status-update", status=documents.status(task), final=True))
        return b"".join(self.frame(each) for each in told)


def said(events: Sequence[Event]) -> Iterator[list[Json]]:
    """What the agent has said so far, each time it grew."""
    for event in events:
        if event.event not in GROWING:
            continue
        for message in orjson.loads(event.data):
            if messages.SPEAKERS.get(message.get("type")) == "agent":
                parts = messages.written_parts(message.get("content"))
                if parts:
                    yield parts


def working(task: Task, parts: list[Json]) -> Json:
    spoken = {**documents.message(task, ""), "parts": parts}
    return about(task, "status-update", status={"state": "working", "message": spoken}, final=False)


def about(task: Task, kind: str, **told: Any) -> Json:
    return {"kind": kind, "taskId": str(task.id), "contextId": task.context_id, **told}
