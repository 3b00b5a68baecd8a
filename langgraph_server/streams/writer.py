"""One attempt's end of a run's log: what it writes there, and what it keeps to itself while nobody follows."""

from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from langgraph_server.encryption.events import sealed
from langgraph_server.encryption.keys import Keyring
from langgraph_server.streams.events import TERMINAL, Event, EventId
from langgraph_server.streams.quiet import Quiet


class Log(Protocol):
    """What a writer needs of the log (langgraph_server.streams.log)."""

    #: Threads whose followers are to be told that a run began.
    begun: list[UUID]

    def add(self, writer: "Writer", event: Event) -> None: ...

    def live(self, writer: "Writer", event: Event) -> None: ...

    async def has_room(self) -> None: ...

    async def keep_now(self, writer: "Writer") -> None: ...


@dataclass(slots=True)
class Writer:
    """One attempt's end of the log. `seq` is that of the last event written."""

    log: Log
    run_id: UUID
    #: None: of a temporary thread, which nobody follows.
    thread_id: UUID | None
    token: int
    epoch: int
    resumable: bool
    seq: int = 0
    #: By the loop's clock, when its stream is told how long to live at most; None once it is.
    lasts_from: float | None = 0.0
    #: Something of it is in Redis.
    is_there: bool = False
    #: Set when an event could not be kept: another worker holds the run.
    replaced: bool = False
    pending: list[Event] = field(default_factory=list)
    #: The run's first event, until it goes.
    held: Event | None = None
    #: What its events are encrypted with. None: with nothing.
    keys: Keyring | None = None
    #: Where its events go while nobody follows it. None: somebody does.
    quiet: Quiet | None = None

    @property
    def key(self) -> tuple[UUID, int]:
        """A run may have an old and a new writer in one process."""
        return self.run_id, self.token

    async def append(self, event: str, data: bytes) -> None:
        """`event` may hold a node's name, and so anything; lines are what events are packed by."""
        event = event.replace("\n", " ")
        if self.quiet is not None:
            self.quiet.tell(event, data)
            return
        self.send(event, data)
        await self.log.has_room()

    def send(self, event: str, data: bytes) -> None:
        self.seq += 1
        if self.keys is not None:
            data = sealed(self.keys, data)
        self.log.add(self, Event(EventId(self.epoch, self.seq), event, data))

    def follow(self) -> None:
        """From now on somebody follows, who may have come a moment ago."""
        if self.quiet is not None:
            if self.thread_id is not None:
                self.log.begun.append(self.thread_id)
            self.break_silence()

    def break_silence(self) -> None:
        quiet, self.quiet = self.quiet, None
        for event, data in quiet.left() if quiet else ():
            self.send(event, data)

    async def conclude(self, status: str) -> None:
        """The run's settled rows are readable: tell the followers. `seq` was taken by the settlement."""
        self.lasts_from = None
        self.break_silence()
        terminal = Event(EventId(self.epoch, self.seq + 1), TERMINAL, status.encode())
        self.log.live(self, terminal)

    async def kept(self) -> None:
        """Until everything appended so far is where it has to be before the run settles, or goes to another worker."""
        if not self.resumable:
            return
        # Asked at least once: the last events may be on their way already, and a run that is not held keeps no more.
        await self.log.keep_now(self)
        while self.pending:
            await self.log.keep_now(self)
