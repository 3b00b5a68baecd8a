"""One event of a run's stream, and the id that orders it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

#: Ends a run's stream; carries the run's final status. Internal: clients see the connection close.
TERMINAL = "end"
#: The graph's state after a step.
VALUES = "values"
#: Values from before anybody followed the run. Internal: told to who waits for its end, not to who streams it.
SPARED = "spared"
#: Is in values that tell of interrupts.
INTERRUPT = b'"__interrupt__"'

EVENT_ID = re.compile(r"(\d{1,18})-(\d{1,18})")


@dataclass(frozen=True, slots=True, order=True)
class EventId:
    """`<epoch>-<seq>`: the epoch grows along a thread's runs, the seq is gapless from 1 within a run."""

    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        match = EVENT_ID.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None


#: Before every event.
START = EventId(0, 0)


@dataclass(frozen=True, slots=True)
class Event:
    """`event` is the SSE name, with its namespace suffix; `data` is one line of JSON."""

    id: EventId
    event: str
    data: bytes

    @property
    def is_terminal(self) -> bool:
        return self.event == TERMINAL


#: The one field of an entry in Redis.
PACKED = b"p"


def pack(events: Sequence[Event]) -> bytes:
    """Consecutive events of one run as one entry, whose id is the last event's. Neither part holds a line break."""
    return b"\n".join(part for event in events for part in (event.event.encode(), event.data))


def unpack(entry_id: bytes, packed: bytes) -> list[Event]:
    epoch, _, last = entry_id.partition(b"-")
    parts = packed.split(b"\n")
    first = int(last) - len(parts) // 2 + 1
    return [
        Event(EventId(int(epoch), first + i), name.decode(), data)
        for i, (name, data) in enumerate(zip(parts[::2], parts[1::2], strict=True))
    ]
