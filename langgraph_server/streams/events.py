"""One event of a run's stream, and the id that orders it."""

import re
from dataclasses import dataclass
from typing import Self

#: Ends a run's stream; carries the run's final status. Internal: clients see the connection close.
TERMINAL = "end"

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
