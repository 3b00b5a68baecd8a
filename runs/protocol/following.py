"""Follow a thread by the protocol: first what is kept of its runs, then its present and future ones as they execute."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from django.conf import settings

from langgraph_server.api.resources import Resources
from langgraph_server.streams.events import START, TERMINAL, Event, EventId
from langgraph_server.streams.notices import RUN
from runs.choices import RunStatus
from runs.protocol.begun import Begun, Place, begun_runs, end_of
from runs.protocol.envelopes import Envelope
from runs.streaming import ON_THE_WAY, Desk, desk_of, follow, reading, shown
from runs.topic import Topic


async def follow_thread(topic: Topic, resources: Resources, *, since: int = 0) -> AsyncIterator[list[Envelope]]:
    """Everything numbered above `since`, and more where that costs nothing. An empty list marks a quiet interval;
    the first marks the moment from which nothing is missed.

    A thread may come later than its follower. Never ends by itself.
    """
    desk = desk_of(resources)
    async with resources.notices.about(topic.thread_id) as ears:
        place = Place(topic, past=await desk.rows.call(topic.past), since=since)
        yield []
        while True:
            while runs := await desk.rows.call(begun_runs, place):
                for begun in runs:
                    async for envelopes in told_of(begun, desk):
                        yield envelopes
                place = replace(place, after=runs[-1].epoch, origin=runs[-1].origin)
            if RUN not in await ears.listen(settings.STREAM_HEARTBEAT.total_seconds()):
                yield []


async def replay(topic: Topic, resources: Resources, *, through: int) -> AsyncIterator[Envelope]:
    """What is kept, up to a number."""
    desk = desk_of(resources)
    place = Place(topic)
    while runs := await desk.rows.call(begun_runs, place):
        for begun in runs:
            teller = begun.teller
            async for events in kept_events(begun, desk):
                for envelope in teller.tell(events):
                    if envelope.seq > through:
                        return
                    yield envelope
        place = replace(place, after=runs[-1].epoch)


async def told_of(begun: Begun, desk: Desk) -> AsyncIterator[list[Envelope]]:
    teller = begun.teller
    is_over = begun.status in RunStatus.TERMINAL
    async for events in past_events(begun, desk) if is_over else follow(desk, begun.run):
        if not is_over and any(event.is_terminal for event in events):
            teller.end = await desk.rows.call(end_of, begun.run.run_id)
        yield list(teller.tell(events))


async def past_events(begun: Begun, desk: Desk) -> AsyncIterator[list[Event]]:
    """Of a run that is over: what is kept, or else what Redis still has; and in any case its end."""
    last = EventId(begun.epoch, START.seq)
    async for events in kept_events(begun, desk) if begun.is_kept else streamed_events(begun, desk):
        yield events
        last = events[-1].id
        if events[-1].is_terminal:
            return
    yield [Event(EventId(begun.epoch, last.seq + 1), TERMINAL, begun.status.encode())]


async def kept_events(begun: Begun, desk: Desk) -> AsyncIterator[list[Event]]:
    last, read = EventId(begun.epoch, START.seq), await reading(begun.run)
    while events := await desk.kept(begun.run, last):
        yield events if read is None else read(events)
        last = events[-1].id


async def streamed_events(begun: Begun, desk: Desk) -> AsyncIterator[list[Event]]:
    """The rows were settled before the last events were sent: those may still be on their way."""
    last, read = EventId(begun.epoch, START.seq), await reading(begun.run)
    for _ in range(2):
        while events := await desk.reader.fetch(begun.run.run_id, last):
            if told := shown(events if read is None else read(events)):
                yield told
            last = events[-1].id
        await asyncio.sleep(ON_THE_WAY)
