"""Follow a thread by the protocol: first what is kept of its runs, then its present and future ones as they execute."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Min, OuterRef, Q

from langgraph_server.api.resources import Resources
from langgraph_server.streams.events import START, Event, EventId
from langgraph_server.streams.notices import RUN
from runs.choices import RunStatus, is_event_streaming
from runs.lines import Story
from runs.models import Run, RunEvent
from runs.protocol.envelopes import Envelope, epoch_of
from runs.protocol.telling import Teller
from runs.streaming import Desk, Followed, desk_of, follow
from threads import origins

#: Runs looked up at once.
PAGE = 20


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has been claimed, and so has an epoch."""

    run: Followed
    epoch: int
    origin: int
    graph_id: str
    is_native: bool
    is_over: bool
    #: Its events are in Postgres.
    is_kept: bool

    @property
    def teller(self) -> Teller:
        story = Story(self.run.run_id, self.graph_id)
        return Teller(story, epoch=self.epoch, origin=self.origin, is_native=self.is_native)


async def follow_thread(thread_id: UUID, resources: Resources, *, since: int = 0) -> AsyncIterator[list[Envelope]]:
    """Everything numbered above `since`, and more where that costs nothing. An empty list marks a quiet interval.

    A thread may come later than its follower. Never ends by itself.
    """
    desk = desk_of(resources)
    place = 0
    has_caught_up = False
    async with resources.notices.about(thread_id) as ears:
        while True:
            lower = None if has_caught_up else since
            while runs := await desk.rows.call(begun_runs, thread_id, place, lower):
                for begun in runs:
                    async for envelopes in told_of(begun, desk):
                        yield envelopes
                    place = begun.epoch
            has_caught_up = True
            if RUN not in await ears.listen(settings.STREAM_HEARTBEAT.total_seconds()):
                yield []


async def replay(thread_id: UUID, resources: Resources, *, through: int) -> AsyncIterator[Envelope]:
    """What is kept, up to a number."""
    desk = desk_of(resources)
    place = 0
    while runs := await desk.rows.call(begun_runs, thread_id, place, 0):
        for begun in runs:
            if begun.is_kept:
                teller = begun.teller
                async for events in kept_events(begun, desk):
                    for envelope in teller.tell(events):
                        if envelope.seq > through:
                            return
                        yield envelope
            place = begun.epoch


async def told_of(begun: Begun, desk: Desk) -> AsyncIterator[list[Envelope]]:
    teller = begun.teller
    events = kept_events(begun, desk) if begun.is_over and begun.is_kept else follow(desk, begun.run)
    async for some in events:
        if any(event.is_terminal and event.data in FAILED for event in some) and teller.error is None:
            teller.error = await desk.rows.call(error_of, begun.run.run_id)
        yield list(teller.tell(some))


FAILED = {RunStatus.ERROR.encode(), RunStatus.TIMEOUT.encode()}


async def kept_events(begun: Begun, desk: Desk) -> AsyncIterator[list[Event]]:
    last = EventId(begun.epoch, START.seq)
    while events := await desk.kept(begun.run, last):
        yield events
        last = events[-1].id


def begun_runs(thread_id: UUID, after: int, since: int | None) -> list[Begun]:
    """In the order of their epochs. Since 0: all that there is something to tell about; else all since that number."""
    origin = origin_of(thread_id)
    if origin is None:
        return []
    found = Run.objects.of_thread(thread_id).filter(epoch__gt=after)
    found = found.annotate(is_kept=Exists(RunEvent.objects.filter(run=OuterRef("run_id"))))
    if since is not None:
        is_known = Q(is_kept=True) | Q(status__in=RunStatus.ACTIVE)
        found = found.filter(Q(epoch__gte=epoch_of(origin, since)) if since else is_known)
    return [begun(run, origin) for run in found.order_by("epoch")[:PAGE]]


def origin_of(thread_id: UUID) -> int | None:
    """None while no run of the thread has begun."""
    first = Run.objects.of_thread(thread_id).aggregate(first=Min("epoch"))["first"]
    return None if first is None else origins.settle(thread_id, first)


def begun(run: Run, origin: int) -> Begun:
    return Begun(
        run=Followed.of(run),
        epoch=run.epoch or 0,
        origin=origin,
        graph_id=run.graph_id,
        is_native=is_event_streaming(run.kwargs),
        is_over=run.is_terminal,
        is_kept=bool(getattr(run, "is_kept", False)),
    )


def error_of(run_id: UUID) -> str | None:
    found = Run.objects.filter(run_id=run_id).values_list("error", flat=True).first()
    return str(found.get("message") or found.get("error")) if found else None
