"""Follow a thread: the events of all its present and future runs, one run after the other, as they execute."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings

from langgraph_server import encoding
from langgraph_server.api.resources import Resources
from langgraph_server.auth.principal import ANONYMOUS, Principal
from langgraph_server.streams.events import START, Event, EventId
from langgraph_server.streams.notices import RUN, STATE
from runs.models import Run
from runs.streaming import Desk, Followed, desk_of, follow
from runs.topic import Topic
from threads import state
from threads.errors import ThreadNotFound

#: The seq of what a thread's stream tells after a run's own last event.
DONE = 10**16


@dataclass(frozen=True, slots=True)
class Begun:
    """A run of the thread that has been claimed, and so has an epoch."""

    run: Followed
    epoch: int
    over: bool


async def follow_thread(
    topic: Topic, resources: Resources, *, after: EventId | None, caller: Principal = ANONYMOUS
) -> AsyncIterator[list[Event]]:
    """Live from now on; with `after`, the kept events of resumable runs beyond it come first. Never ends by itself.

    An empty list marks a quiet interval; the first marks the moment from which nothing is missed.
    On a thread that is not there, or not to be seen, nothing ever happens.
    """
    desk = desk_of(resources)
    async with resources.notices.about(topic.thread_id) as ears:
        past = await desk.rows.call(topic.past)
        place = after if after is not None else await now(topic, desk)
        yield []
        while True:
            for begun in await desk.rows.call(begun_runs, topic, place):
                if begun.run.resumable or begun.epoch > past:
                    async for events in run_events(begun, desk, place):
                        yield events
                place = EventId(begun.epoch, DONE)
            heard = await ears.listen(settings.STREAM_HEARTBEAT.total_seconds())
            if STATE in heard:
                with suppress(ThreadNotFound):
                    yield [await state_event(topic, resources, place, caller)]
            elif RUN not in heard:
                yield []


async def now(topic: Topic, desk: Desk) -> EventId:
    """Just after the last event of the run that is executing, or of the last that was."""
    latest = await desk.rows.call(latest_begun, topic)
    if latest is None:
        return START
    if latest.over:
        return EventId(latest.epoch, DONE)
    return await desk.reader.last(latest.run.run_id) or EventId(latest.epoch, 0)


async def run_events(begun: Begun, desk: Desk, place: EventId) -> AsyncIterator[list[Event]]:
    after = place if place.epoch == begun.epoch else EventId(begun.epoch, 0)
    async for events in follow(desk, begun.run, after):
        yield [done(begun) if event.is_terminal else event for event in events]


def done(begun: Begun) -> Event:
    told = encoding.dumps({"status": "run_done", "run_id": begun.run.run_id})
    return Event(EventId(begun.epoch, DONE), "metadata", told)


async def state_event(topic: Topic, resources: Resources, place: EventId, caller: Principal) -> Event:
    found = await state.read(topic.thread_id, resources, caller=caller, visible=topic.visible)
    told = {"state": found, "thread_id": topic.thread_id}
    return Event(EventId(place.epoch, place.seq + 1), "state_update", encoding.dumps(told))


def begun_runs(topic: Topic, place: EventId) -> list[Begun]:
    """In the order of their epochs; of the run at `place` itself only what comes after."""
    found = topic.runs.filter(epoch__gte=place.epoch).order_by("epoch")
    return [begun(run) for run in found if run.epoch != place.epoch or place.seq < DONE]


def latest_begun(topic: Topic) -> Begun | None:
    run = topic.runs.filter(epoch__isnull=False).order_by("-epoch").first()
    return begun(run) if run else None


def begun(run: Run) -> Begun:
    return Begun(Followed.of(run, attended=True), run.epoch or 0, run.is_terminal)
