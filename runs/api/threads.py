"""The stream of a whole thread over SSE."""

import re

from langgraph_server.api.streaming import Beat
from langgraph_server.errors import Invalid
from langgraph_server.streams import sse
from langgraph_server.streams.events import START, Event, EventId
from runs.api.streaming import EVENT_STREAM
from runs.thread_streaming import follow_thread
from runs.topic import Topic
from threads.api.thread import ThreadRoute

MODES = frozenset({"run_modes", "lifecycle", "state_update"})
STREAM_ID = re.compile(r"(\d+)(-(\d+|\*))?")


class ThreadStreamView(ThreadRoute):
    async def get(self, body: bytes) -> None:
        modes = self.modes()
        thread_id, after = self.thread_id, self.after()
        visible = await self.authorize("threads", "read", {"thread_id": thread_id})
        beat = Beat()
        topic = Topic(thread_id, visible)
        async for events in follow_thread(topic, self.resources, after=after, caller=self.principal):
            if not self.started:
                await self.begin(EVENT_STREAM)
                continue
            frames = b"".join(sse.frame(event, with_id=True) for event in events if is_shown(event, modes))
            if beat.is_due(quiet=not events):
                frames += sse.HEARTBEAT
            if frames:
                await self.send_body(frames, more_body=True)

    def modes(self) -> frozenset[str]:
        asked = self.query.get("stream_modes") or self.query.get("stream_mode") or "run_modes"
        for mode in asked.split(","):
            if mode not in MODES:
                raise Invalid(detail=f"Invalid stream mode: {mode}")
        return frozenset(asked.split(","))

    def after(self) -> EventId | None:
        text = self.headers.get("last-event-id")
        if text is None:
            return None
        if text == "-":
            return START
        match = STREAM_ID.fullmatch(text)
        if not match:
            raise Invalid(detail="Invalid last-event-id: must be a valid Redis stream ID")
        seq = match[3]
        return EventId(int(match[1]), int(seq) if seq and seq != "*" else 0)


def is_shown(event: Event, modes: frozenset[str]) -> bool:
    if event.event == "state_update":
        return "state_update" in modes
    return "run_modes" in modes or ("lifecycle" in modes and event.event == "metadata")
