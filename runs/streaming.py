"""Follow a run from any event id; wait for its end.

Live events come from Redis. Whatever Redis does not know is looked up: on each quiet interval, and whenever events of
a resumable run are missing between two that arrived, the follower reads the rows. So a lost event costs time only.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings

from langgraph_server.api.resources import Resources
from langgraph_server.batching import Batcher
from langgraph_server.encryption.envelopes import ASIDE
from langgraph_server.encryption.events import keyring_of, opened
from langgraph_server.errors import DomainError
from langgraph_server.streams.events import SPARED, START, TERMINAL, Event, EventId
from langgraph_server.streams.reader import Subscription
from runs.admission import admit
from runs.choices import RunStatus, is_told_in_full
from runs.errors import EventsForgotten
from runs.models import Run, RunEvent
from runs.requests import RunRequest
from runs.sealing import sealed

#: Kept events read at once.
PAGE = 1000
#: A quiet follower looks at the rows this often while Redis is away.
BLIND = 1.0
#: Seconds in which the looks of quiet followers gather.
UNHURRIED = 0.2
#: What clients send as an id before any event.
FROM_THE_START = frozenset({"-1", "0", "-", ""})
#: Seconds given to the last events of a run whose row says that it is over.
ON_THE_WAY = 0.2


@dataclass(frozen=True, slots=True)
class Followed:
    """What a follower has to know of the run."""

    run_id: UUID
    thread_id: UUID
    resumable: bool
    #: Admitted by this very request, so nothing can have been streamed before.
    fresh: bool = False
    #: What is needed to read its events (langgraph_server.encryption). None: they are not encrypted.
    encryption: Mapping[str, Any] | None = None
    #: Its worker knows without being told that somebody follows.
    attended: bool = False

    @classmethod
    def of(cls, run: Run, *, fresh: bool = False, attended: bool = False) -> "Followed":
        attended = attended or is_told_in_full(run.kwargs)
        return cls(run.run_id, run.thread_id, run.is_resumable, fresh, run.kwargs.get(ASIDE), attended)


class Desk:
    """Calls of this process's waiting routes, made together where many arrive at once."""

    def __init__(self, resources: Resources) -> None:
        self.rows = resources.rows
        self.reader = resources.reader
        self.audience = resources.audience
        self.admissions: Batcher[RunRequest, Run] = Batcher(self.admit_together)
        self.looks: Batcher[UUID, str | None] = Batcher(self.look_together, pause=UNHURRIED)

    async def admit(self, request: RunRequest) -> Run:
        return await self.admissions.submit(await sealed(request))

    async def admit_together(self, requests: Sequence[RunRequest]) -> list[Run | Exception]:
        answers: list[Run | DomainError] = await self.rows.call(admit, requests)
        return list(answers)

    async def status_of(self, run_id: UUID) -> str | None:
        """None once the row is gone: rolled back or deleted."""
        return await self.looks.submit(run_id)

    async def look_together(self, run_ids: Sequence[UUID]) -> list[str | Exception | None]:
        statuses = await self.rows.call(statuses_of, run_ids)
        return [statuses.get(run_id) for run_id in run_ids]

    async def is_forgotten(self, run_id: UUID) -> bool:
        """Whether a resumable run's events were kept, and are no longer."""
        return await self.rows.call(is_forgotten, run_id)

    async def kept(self, run: Followed, after: EventId, *, before: int | None = None) -> list[Event]:
        return await self.rows.call(kept_events, run.run_id, after.seq, before)


@cache
def desk_of(resources: Resources) -> Desk:
    return Desk(resources)


async def follow(desk: Desk, run: Followed, after: EventId = START) -> AsyncIterator[list[Event]]:
    """Events after the given one, as they come, up to and with the terminal one.

    An empty list marks a quiet interval. Every event of a resumable run is given once and in order.
    """
    attending = nullcontext() if run.attended else desk.audience.attending(run.run_id)
    async with attending, aclosing(follow_to_end(desk, run, after)) as batches:
        async for events in batches:
            told = shown(events)
            if told or not events:
                yield told


def shown(events: Sequence[Event]) -> list[Event]:
    return [event for event in events if event.event != SPARED]


async def follow_to_end(desk: Desk, run: Followed, after: EventId = START) -> AsyncGenerator[list[Event]]:
    """The same for who only wants to know how it ends: of a run that nobody else follows little more is told."""
    read = await reading(run)
    async with desk.reader.subscribe(run.run_id, after, fresh=run.fresh) as subscription:
        place = Place(desk, run, subscription, after)
        while not place.ended:
            interval = settings.STREAM_HEARTBEAT.total_seconds() if desk.reader.healthy else BLIND
            events = await subscription.events(interval)
            given = await (place.advance(events) if events else place.look())
            yield given if read is None else read(given)


async def reading(run: Followed) -> Callable[[Sequence[Event]], list[Event]] | None:
    """How events of the run become readable; None: they are."""
    if run.encryption is None:
        return None
    keys = await keyring_of({ASIDE: run.encryption})

    def read(events: Sequence[Event]) -> list[Event]:
        return [replace(event, data=opened(keys, event.data)) for event in events]

    return read


class Place:
    """How far one follower has come."""

    def __init__(self, desk: Desk, run: Followed, subscription: Subscription, after: EventId) -> None:
        self.desk = desk
        self.run = run
        self.subscription = subscription
        self.last = after
        self.ended = False

    async def advance(self, events: Sequence[Event]) -> list[Event]:
        given: list[Event] = []
        for event in events:
            if event.id <= self.last and self.last != START:
                continue
            if self.run.resumable:
                given += await self.missing(before=event.id.seq)
            given += self.take([event])
        return given

    async def missing(self, before: int) -> list[Event]:
        given: list[Event] = []
        while before > self.last.seq + 1 and (page := await self.desk.kept(self.run, self.last, before=before)):
            given += self.take(page)
        return given

    def take(self, events: Sequence[Event]) -> list[Event]:
        if events:
            self.last = events[-1].id
            self.ended = events[-1].is_terminal
        return list(events)

    async def look(self) -> list[Event]:
        """Nothing arrived for a while: what do the rows say?"""
        status = await self.desk.status_of(self.run.run_id)
        given: list[Event] = []
        if self.run.resumable:
            while page := await self.desk.kept(self.run, self.last):
                given += self.take(page)
        if self.ended or (status is not None and status in RunStatus.ACTIVE):
            return given
        # The rows were settled before the last events were sent: those may still be on their way.
        given += await self.advance(await self.subscription.events(ON_THE_WAY))
        while not self.ended and (rest := await self.desk.reader.fetch(self.run.run_id, self.last)):
            given += await self.advance(rest)
        if not self.ended:
            given += self.take([Event(EventId(self.last.epoch, self.last.seq + 1), TERMINAL, (status or "").encode())])
        return given


async def position(desk: Desk, run: Run, last_event_id: str | None) -> EventId | None:
    """Where a client that joins begins; None when there is nothing to send it.

    Without an id it gets what is streamed from now on. Ids work on resumable runs only, and until their events are
    forgotten: then EventsForgotten.
    """
    if last_event_id is None or not run.is_resumable:
        if run.is_terminal:
            return None
        return await desk.reader.last(run.run_id) or START
    asked = START if last_event_id in FROM_THE_START else EventId.parse(last_event_id)
    if asked is not None and run.is_terminal and await desk.is_forgotten(run.run_id):
        raise EventsForgotten
    if asked in {None, START} or run.epoch is None:
        return asked
    if asked.epoch == run.epoch:
        # Nobody may point the process's shared reading beyond what there is.
        return min(asked, await desk.reader.last(run.run_id) or asked)
    # An id of an earlier run of the thread lies before all of this one's events, one of a later run behind them.
    return START if asked.epoch < run.epoch else None


def statuses_of(run_ids: Sequence[UUID]) -> dict[UUID, str]:
    return dict(Run.objects.filter(run_id__in=run_ids).values_list("run_id", "status"))


def is_forgotten(run_id: UUID) -> bool:
    over = Run.objects.beyond_retention().filter(run_id=run_id, epoch__isnull=False)
    return over.filter(events__isnull=True).exists()


def kept_events(run_id: UUID, after: int, before: int | None) -> list[Event]:
    found = RunEvent.objects.filter(run_id=run_id, seq__gt=after).order_by("seq")
    if before is not None:
        found = found.filter(seq__lt=before)
    rows = list(found.values_list("seq", "event", "data", "run__epoch")[:PAGE])
    return [Event(EventId(epoch or 0, seq), event, data.encode()) for seq, event, data, epoch in rows]
