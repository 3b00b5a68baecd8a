"""What the followers of the protocol are told about one run."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from langgraph_server.streams.events import Event, EventId
from runs.choices import RunStatus
from runs.lines import Line, Story
from runs.protocol.envelopes import STRIDE, Envelope, enveloped, number
from runs.protocol.translation import SLOTS, lines

#: The run's status, as the protocol calls such an end.
ENDS = {
    RunStatus.SUCCESS: "completed",
    RunStatus.ERROR: "failed",
    RunStatus.TIMEOUT: "failed",
    RunStatus.INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class End:
    at: datetime | None = None
    error: str | None = None


class Teller:
    """Numbers the lines of a run and adds its beginning and its end. What a later attempt repeats is not told twice."""

    def __init__(
        self, story: Story, *, epoch: int, origin: int, is_native: bool, began_at: datetime | None, end: End
    ) -> None:
        self.story = story
        self.epoch = epoch
        self.origin = origin
        #: Started by the protocol: the log's lines are envelopes already.
        self.is_native = is_native
        self.began_at = began_at
        #: As its row tells, once it is over.
        self.end = end
        self.told: set[str] = set()
        self.has_begun = False
        self.waits = False

    def tell(self, events: Iterable[Event]) -> Iterator[Envelope]:
        for event in events:
            yield from (envelope for envelope in self.envelopes(event) if self.is_news(envelope))

    def is_news(self, envelope: Envelope) -> bool:
        if not envelope.event_id.startswith("synth:"):
            return True
        is_news = envelope.event_id not in self.told
        self.told.add(envelope.event_id)
        return is_news

    def envelopes(self, event: Event) -> Iterator[Envelope]:
        if not self.has_begun:
            self.has_begun = True
            yield self.enveloped(EventId(self.epoch, 1), self.story.transition("running", at=self.began_at))
        if event.event in {"metadata", "error"}:
            return
        if event.is_terminal:
            yield from self.last(event)
        elif self.is_native:
            yield self.see(enveloped(event, event.data, seq=number(self.origin, event.id)))
        else:
            for slot, line in enumerate(lines(self.story, event)):
                yield self.see(self.enveloped(event.id, line, slot=slot))

    def see(self, envelope: Envelope) -> Envelope:
        self.waits = self.waits or envelope.channel == "input"
        return envelope

    def last(self, event: Event) -> Iterator[Envelope]:
        """After an interrupt nothing more: that was told when it came."""
        end = ENDS.get(RunStatus(event.data.decode()), "interrupted") if event.data else "interrupted"
        if end == "completed" and self.waits:
            return
        # Ends that nobody wrote down come after all that may have been there.
        place = event.id if event.id.seq > 1 else EventId(self.epoch, STRIDE)
        error = self.end.error if end == "failed" else None
        yield self.enveloped(place, self.story.transition(end, error=error, at=self.end.at))

    def enveloped(self, event_id: EventId, line: Line, *, slot: int = 0) -> Envelope:
        name, data = line
        slots = 1 if self.is_native else SLOTS
        seq = number(self.origin, replace(event_id, epoch=self.epoch), slot=slot, slots=slots)
        named = f"{event_id}.{slot}" if slot else str(event_id)
        return enveloped(Event(event_id, name, data), data, seq=seq, event_id=named)
