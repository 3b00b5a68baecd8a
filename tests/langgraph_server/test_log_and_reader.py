"""The log of a run's events and those who follow it: replay from any id, then tail, equals the whole."""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, cast
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from django.conf import settings
from django.db import connections
from pytest_django import Settings

from langgraph_server.api.resources import open_resources
from langgraph_server.background import background
from langgraph_server.errors import Unavailable
from langgraph_server.rows import Rows
from langgraph_server.streams import log as logs
from langgraph_server.streams import reader as readers
from langgraph_server.streams.connection import AsyncRedis, connect, connect_async
from langgraph_server.streams.events import START, Event, EventId, pack, unpack
from langgraph_server.streams.log import RunLog, stream_key
from langgraph_server.streams.reader import Reader, Subscription
from langgraph_server.streams.writer import Writer
from runs import lifecycle
from runs.ending import Ending
from runs.execution.ledger import keep
from runs.models import Run, RunEvent
from runs.settlement import settle
from runs.streaming import Desk, Followed, follow, position
from tests.factories import make_run

PREFIX = settings.REDIS_KEY_PREFIX
EPOCH = 5
RETENTION = timedelta(minutes=10)


async def keep_nothing(batch: Sequence[tuple[Writer, list[Event]]]) -> list[bool]:
    return [True] * len(batch)


@contextlib.asynccontextmanager
async def opened_log(redis: AsyncRedis, keep: logs.Keep = keep_nothing) -> AsyncIterator[RunLog]:
    log = RunLog(redis, prefix=PREFIX, keep=keep, retention=RETENTION)
    async with background(log.run(), "log"):
        yield log


@contextlib.asynccontextmanager
async def opened_reader() -> AsyncIterator[Reader]:
    reader = Reader(settings.REDIS_URI, prefix=PREFIX)
    async with background(reader.run(), "reader"):
        yield reader
    await reader.close()


@pytest_asyncio.fixture
async def redis() -> AsyncIterator[AsyncRedis]:
    redis = connect_async(settings.REDIS_URI)
    yield redis
    await redis.aclose()


@pytest_asyncio.fixture
async def log(redis: AsyncRedis) -> AsyncIterator[RunLog]:
    async with opened_log(redis) as log:
        yield log


@pytest_asyncio.fixture
async def reader() -> AsyncIterator[Reader]:
    async with opened_reader() as reader:
        yield reader


def open_writer(
    log: RunLog, run_id: UUID | None = None, *, token: int = 1, seq: int = 0, resumable: bool = False
) -> Writer:
    return log.open(run_id or uuid4(), None, token=token, epoch=EPOCH, seq=seq, resumable=resumable)


async def write(writer: Writer, count: int, *, size: int = 10, pause: float = 0.0) -> None:
    for _ in range(count):
        await writer.append("values", b'"%b"' % (b"x" * size))
        if pause and random.random() < 0.3:
            await asyncio.sleep(random.uniform(0, pause))


async def sent(log: RunLog, writer: Writer) -> None:
    """Until Redis has all that was written."""
    async with asyncio.timeout(5):
        while await log.last(writer.run_id) != writer.seq:
            await asyncio.sleep(0.005)


async def collect(subscription: Subscription) -> list[int]:
    """The seqs up to and with the terminal event."""
    got: list[Event] = []
    async with asyncio.timeout(20):
        while not (got and got[-1].is_terminal):
            got += await subscription.events(5)
    assert {event.id.epoch for event in got} == {EPOCH}
    return [event.id.seq for event in got]


async def read_from(reader: Reader, writer: Writer, after: int, *, delay: float = 0.0) -> list[int]:
    """As a client does that has seen `after`, a while later."""
    while writer.seq < after:
        await asyncio.sleep(0.005)
    await asyncio.sleep(delay)
    async with reader.subscribe(writer.run_id, EventId(EPOCH, after), fresh=False) as subscription:
        return await collect(subscription)


async def test_replay_from_any_id_then_tail_equals_the_whole(log: RunLog, reader: Reader) -> None:
    for seed in range(4):
        random.seed(seed)
        writer = open_writer(log)
        followers = [
            asyncio.create_task(read_from(reader, writer, after, delay=random.uniform(0, 0.2)))
            for after in range(0, 80, 4)
        ]

        await write(writer, 80, pause=0.01)
        await writer.conclude("success")

        for after, follower in zip(range(0, 80, 4), followers, strict=True):
            assert await follower == list(range(after + 1, 82))


async def test_a_follower_reads_what_the_writer_wrote(log: RunLog, reader: Reader) -> None:
    writer = open_writer(log)
    async with reader.subscribe(writer.run_id, START, fresh=True) as subscription:
        await writer.append("values|child:1", '{"ü":"\\n"}'.encode())
        await writer.append("a\nb", b"{}")
        await writer.conclude("success")
        got: list[Event] = []
        while len(got) < 3:
            got += await subscription.events(5)

    assert got == [
        Event(EventId(EPOCH, 1), "values|child:1", '{"ü":"\\n"}'.encode()),
        Event(EventId(EPOCH, 2), "a b", b"{}"),
        Event(EventId(EPOCH, 3), "end", b"success"),
    ]


async def test_many_runs_share_one_reader_and_are_not_mixed_up(log: RunLog, reader: Reader) -> None:
    writers = [open_writer(log) for _ in range(30)]
    followers = [asyncio.create_task(read_from(reader, writer, 0)) for writer in writers]

    await asyncio.gather(*(write(writer, n + 1, pause=0.002) for n, writer in enumerate(writers)))
    for writer in writers:
        await writer.conclude("success")

    for n, follower in enumerate(followers):
        assert await follower == list(range(1, n + 3))


async def test_a_follower_that_leaves_is_forgotten(log: RunLog, reader: Reader) -> None:
    writer = open_writer(log)
    async with reader.subscribe(writer.run_id, START, fresh=True):
        async with reader.subscribe(writer.run_id, START, fresh=False):
            assert len(reader.feeds) == 1
        assert len(reader.feeds) == 1

    assert reader.feeds == {}


async def test_a_reader_that_is_closed_while_it_connects_leaves_no_connection(redis: AsyncRedis) -> None:
    connected = len(await redis.client_list())
    for ticks in range(20):
        async with opened_reader() as reader, reader.subscribe(uuid4(), START, fresh=True):
            for _ in range(ticks):
                await asyncio.sleep(0)

    async with asyncio.timeout(2):
        while len(await redis.client_list()) > connected:
            await asyncio.sleep(0.01)


async def test_the_first_event_goes_with_the_next_one(
    redis: AsyncRedis, log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "HELD", 5)
    writer = open_writer(log)
    await write(writer, 1)
    await asyncio.sleep(0.01)
    await write(writer, 1)
    await sent(log, writer)

    assert await redis.xlen(stream_key(PREFIX, writer.run_id)) == 1


async def test_the_first_event_goes_alone_if_none_follows(log: RunLog) -> None:
    writer = open_writer(log)
    await write(writer, 1)

    await sent(log, writer)


async def test_a_quiet_interval_is_an_empty_list(reader: Reader) -> None:
    async with reader.subscribe(uuid4(), START, fresh=True) as subscription:
        assert await subscription.events(0.05) == []


async def test_a_late_writer_is_refused(redis: AsyncRedis, log: RunLog, caplog: pytest.LogCaptureFixture) -> None:
    new = open_writer(log, token=2, seq=3)
    await write(new, 5)
    await sent(log, new)

    async with opened_log(redis) as another_process:
        old = open_writer(another_process, new.run_id, seq=3)
        with caplog.at_level(logging.WARNING):
            await write(old, 2)
            async with asyncio.timeout(2):
                while "late events refused" not in caplog.text:
                    await asyncio.sleep(0.01)

    entries: Any = await redis.xrange(stream_key(PREFIX, new.run_id))
    assert seqs(readers.decode(entries)) == [4, 5, 6, 7, 8]


async def test_the_log_knows_where_an_attempt_stopped(log: RunLog) -> None:
    writer = open_writer(log)
    assert await log.last(writer.run_id) is None

    await write(writer, 7)
    await sent(log, writer)

    assert await log.last(writer.run_id) == 7


async def test_a_log_is_forgotten_some_time_after_its_end(redis: AsyncRedis, log: RunLog) -> None:
    writer = open_writer(log)
    key = stream_key(PREFIX, writer.run_id)
    await write(writer, 1)
    await sent(log, writer)

    await writer.conclude("success")

    async with asyncio.timeout(2):
        while not 0 < await redis.ttl(key) <= RETENTION.total_seconds():
            await asyncio.sleep(0.01)


async def lives_a_day(redis: AsyncRedis, writer: Writer) -> bool:
    seconds: int = await redis.ttl(stream_key(PREFIX, writer.run_id))
    return RETENTION.total_seconds() < seconds <= logs.FORGOTTEN.total_seconds()


async def test_a_log_that_lasts_is_forgotten_though_it_never_ends(
    redis: AsyncRedis, log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = open_writer(log)
    monkeypatch.setattr(logs, "LASTS", 0.0)
    long = open_writer(log)
    for writer in (short, long):
        await write(writer, 2)
        await sent(log, writer)

    assert [await lives_a_day(redis, writer) for writer in (short, long)] == [False, True]


async def test_a_log_whose_end_redis_does_not_hear_of_is_forgotten_all_the_same(
    redis: AsyncRedis, log: RunLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, other = open_writer(log), open_writer(log)
    await write(writer, 2)
    await sent(log, writer)

    nowhere = connect_async("redis://127.0.0.1:1/0")
    monkeypatch.setattr(log, "redis", nowhere)
    await writer.conclude("success")
    while not log.broken:
        await asyncio.sleep(0.005)
    monkeypatch.setattr(log, "redis", redis)
    await write(other, 2)
    await sent(log, other)

    assert await lives_a_day(redis, writer)
    await nowhere.aclose()


async def test_a_slow_follower_holds_little_and_loses_nothing(
    log: RunLog, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "HIGH_WATER", 2000)
    monkeypatch.setattr(readers, "PAGE", 50)
    writer = open_writer(log)

    async with reader.subscribe(writer.run_id, START, fresh=True) as subscription:
        for _ in range(30):
            await write(writer, 10, size=100)
            await asyncio.sleep(0.005)
            assert sum(len(event.data) for event in subscription.queue) <= 2000 + 10 * 102
        await writer.conclude("success")
        await asyncio.sleep(0.1)

        assert await collect(subscription) == list(range(1, 302))


async def test_what_overflows_while_a_follower_catches_up_is_not_lost(
    log: RunLog, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "HIGH_WATER", 1000)
    writer = open_writer(log)
    await write(writer, 5)
    await sent(log, writer)
    fetch = reader.fetch

    async def fetch_while_more_is_written(run_id: UUID, after: EventId) -> list[Event] | None:
        found = await fetch(run_id, after)
        if writer.seq == 5:
            await write(writer, 15, size=100)
            await passed_on(reader, writer)
            await write(writer, 1)
            await passed_on(reader, writer)
        return found

    monkeypatch.setattr(reader, "fetch", fetch_while_more_is_written)
    async with reader.subscribe(writer.run_id, START, fresh=False) as subscription:
        reading = asyncio.create_task(collect(subscription))
        while writer.seq < 21:
            await asyncio.sleep(0.01)
        await writer.conclude("success")

        assert await reading == list(range(1, 23))


async def passed_on(reader: Reader, writer: Writer) -> None:
    async with asyncio.timeout(5):
        while reader.feeds[writer.run_id].cursor.seq < writer.seq:
            await asyncio.sleep(0.005)


async def test_a_writer_waits_while_too_much_waits_for_redis(
    redis: AsyncRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "HIGH_WATER", 1000)
    log = RunLog(redis, prefix=PREFIX, keep=keep_nothing, retention=RETENTION)
    writer = open_writer(log)
    writing = asyncio.create_task(write(writer, 50, size=100))
    await asyncio.sleep(0.05)
    assert writer.seq == 10

    async with background(log.run(), "log"):
        await asyncio.wait_for(writing, 5)
        await sent(log, writer)

        assert log.weight == 0


async def test_without_redis_a_run_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = connect_async("redis://127.0.0.1:1/0")
    async with opened_log(nowhere) as log:
        writer = open_writer(log)
        await asyncio.wait_for(write(writer, 500, pause=0.001), 5)
        assert await log.last(writer.run_id) is None

    assert caplog.text.count("events cannot be streamed: Redis is unreachable") == 1
    await nowhere.aclose()


async def test_a_node_that_blocks_the_loop_costs_no_event(
    redis: AsyncRedis, log: RunLog, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has no connection yet, so that nothing of it has left when the time limit is over."""
    monkeypatch.setattr(logs, "TIMEOUT", 0.1)
    writer = open_writer(log)
    await write(writer, 2)
    while log.outbox:
        await asyncio.sleep(0)

    time.sleep(0.3)  # noqa: ASYNC251 - what bad code does
    await sent(log, writer)

    found = await reader.fetch(writer.run_id, START)
    assert [event.id.seq for event in found or []] == [1, 2]


async def test_a_reader_comes_back_when_redis_does(redis: AsyncRedis, log: RunLog, reader: Reader) -> None:
    writer = open_writer(log)
    async with reader.subscribe(writer.run_id, START, fresh=True) as subscription:
        await write(writer, 3)
        await sent(log, writer)
        await redis.client_kill_filter(_type="normal", skipme=True)

        await write(writer, 3)
        await asyncio.sleep(0.1)
        await write(writer, 3)
        await writer.conclude("success")

        got = await collect(subscription)

    assert got == sorted(set(got))
    assert got[-1] == 10


@pytest.mark.parametrize("count", [1, 2, 5])
def test_packed_events_are_unpacked_as_they_were(count: int) -> None:
    events = [Event(EventId(EPOCH, 7 + n), f"e{n}", b"{}" * n) for n in range(count)]

    assert unpack(str(events[-1].id).encode(), pack(events)) == events


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("5-1", EventId(5, 1)),
        ("0-0", START),
        ("", None),
        ("5", None),
        ("5-", None),
        ("-1", None),
        ("5-1 ", None),
        ("5-1\n", None),
        ("a-b", None),
        ("5-" + "9" * 19, None),
        ("٣-٣", EventId(3, 3)),
    ],
)
def test_an_id_is_parsed_or_refused(text: str, parsed: EventId | None) -> None:
    assert EventId.parse(text) == parsed


# --- resumable runs: whatever a client has seen can be read again after Redis lost everything


@dataclass
class Stage:
    """A worker that runs a resumable run, and a web process that others follow it through."""

    desk: Desk
    log: RunLog
    writer: Writer
    run: Run

    async def follow(self, after: int = 0, *, delay: float = 0.0, fresh: bool = False) -> list[Event]:
        await asyncio.sleep(delay)
        got: list[Event] = []
        async with asyncio.timeout(30), contextlib.aclosing(self.events(after, fresh=fresh)) as events:
            async for some in events:
                got += some
        return got

    def events(self, after: int = 0, *, fresh: bool = False) -> AsyncGenerator[list[Event]]:
        events = follow(self.desk, Followed.of(self.run, fresh=fresh), EventId(EPOCH, after) if after else START)
        return cast(AsyncGenerator[list[Event]], events)

    async def end(self) -> None:
        await self.writer.kept()
        last = Ending(self.run.run_id, self.run.thread_id, 1, "success", final_seq=self.writer.seq + 1)
        await self.desk.rows.call(settle, [last])
        await self.writer.conclude("success")


MakeStage = Callable[[bool], Awaitable[Stage]]


@pytest_asyncio.fixture
async def make_stage(transactional_db: None, redis: AsyncRedis, settings: Settings) -> AsyncIterator[MakeStage]:
    settings.STREAM_HEARTBEAT = timedelta(seconds=0.2)
    async with contextlib.AsyncExitStack() as stack:
        opened = await open_resources()
        stack.push_async_callback(opened.stack.aclose)
        rows = Rows(threads=1, name="test")
        stack.callback(rows.close)
        stack.push_async_callback(partial(rows.call, connections.close_all))

        async def keep_rows(batch: Sequence[tuple[Writer, list[Event]]]) -> list[bool]:
            return await rows.call(keep, batch)

        log = await stack.enter_async_context(opened_log(redis, keep_rows))

        async def make(resumable: bool) -> Stage:
            fields: dict[str, Any] = {"status": "running", "epoch": EPOCH, "kwargs": {"resumable": resumable}}
            run = await rows.call(make_run, **fields)
            writer = open_writer(log, run.run_id, resumable=resumable)
            return Stage(Desk(replace(opened, rows=rows)), log, writer, run)

        yield make


@pytest_asyncio.fixture
async def stage(make_stage: MakeStage) -> Stage:
    return await make_stage(True)


def flush() -> None:
    with connect(settings.REDIS_URI) as redis:
        redis.flushall()


def seqs(events: Sequence[Event]) -> list[int]:
    return [event.id.seq for event in events]


async def test_a_resumable_run_is_followed_from_any_id(stage: Stage) -> None:
    followers = [asyncio.create_task(stage.follow(after, delay=after / 100)) for after in range(0, 60, 3)]

    await write(stage.writer, 60, pause=0.02)
    await stage.end()

    for after, follower in zip(range(0, 60, 3), followers, strict=True):
        got = await follower
        assert seqs(got) == list(range(after + 1, 62))
        assert (got[-1].event, got[-1].data) == ("end", b"success")


async def test_nothing_is_lost_when_redis_forgets_everything_again_and_again(stage: Stage) -> None:
    followers = [asyncio.create_task(stage.follow(after, delay=after / 100)) for after in range(0, 90, 6)]

    for _ in range(9):
        await write(stage.writer, 10, pause=0.02)
        await asyncio.to_thread(flush)
    await stage.end()
    await asyncio.to_thread(flush)

    for after, follower in zip(range(0, 90, 6), followers, strict=True):
        assert seqs(await follower) == list(range(after + 1, 92))


async def test_a_long_gap_is_filled_whole(stage: Stage) -> None:
    for _ in range(25):
        await write(stage.writer, 100)
        await stage.writer.kept()
    await sent(stage.log, stage.writer)
    await asyncio.to_thread(flush)
    await write(stage.writer, 1)
    await stage.writer.kept()
    await sent(stage.log, stage.writer)

    following = asyncio.create_task(stage.follow())
    await asyncio.sleep(0.1)
    await stage.end()

    assert seqs(await following) == list(range(1, 2503))


async def test_a_run_that_ended_long_ago_is_followed_from_the_rows(stage: Stage) -> None:
    await write(stage.writer, 12)
    await stage.end()
    await asyncio.to_thread(flush)

    assert seqs(await stage.follow(5)) == [6, 7, 8, 9, 10, 11, 12, 13]


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_follower_learns_from_the_row_of_an_end_that_nobody_told(
    make_stage: MakeStage, resumable: bool
) -> None:
    stage = await make_stage(resumable)
    following = asyncio.create_task(stage.follow())
    await write(stage.writer, 3)
    await asyncio.sleep(0.3)

    await stage.writer.kept()
    await stage.desk.rows.call(
        settle,
        [Ending(stage.run.run_id, stage.run.thread_id, 1, "success", final_seq=4 if resumable else None)],
    )

    got = await following
    assert seqs(got) == [1, 2, 3, 4]
    assert (got[-1].event, got[-1].data) == ("end", b"success")


async def test_a_follower_of_a_deleted_run_is_let_go(stage: Stage) -> None:
    following = asyncio.create_task(stage.follow())
    await write(stage.writer, 3)
    await stage.writer.kept()
    await asyncio.sleep(0.3)

    await stage.desk.rows.call(lifecycle.delete, stage.run)

    got = await following
    assert [event.event for event in got] == ["values"] * 3 + ["end"]


async def test_quiet_intervals_are_told(stage: Stage) -> None:
    async with contextlib.aclosing(stage.events()) as events:
        assert [await anext(events) for _ in range(3)] == [[], [], []]


async def test_a_run_that_ended_unheard_is_followed_whole(make_stage: MakeStage) -> None:
    stage = await make_stage(False)
    stage.desk.reader.feeds = _Deaf()
    for _ in range(readers.PAGE + 100):
        stage.writer.seq += 1
        event = Event(EventId(EPOCH, stage.writer.seq), "values", b"{}")
        await stage.log.send([(stage.writer, event)])
    await stage.end()

    got = await stage.follow(fresh=True)

    assert seqs(got) == list(range(1, readers.PAGE + 102))


class _Deaf(dict[UUID, Any]):
    """Feeds that the reader does not read."""

    def items(self) -> Any:
        return ()


async def test_events_are_kept_before_anybody_sees_them(stage: Stage) -> None:
    async with contextlib.aclosing(stage.events()) as events:
        for n in range(1, 20):
            await write(stage.writer, 1)
            while not (got := await anext(events)):
                pass
            kept = await stage.desk.rows.call(RunEvent.objects.filter(run_id=stage.run.run_id).count)
            assert seqs(got) == [n]
            assert kept == n


async def test_a_replaced_worker_keeps_and_streams_nothing(stage: Stage) -> None:
    await write(stage.writer, 3)
    await stage.writer.kept()
    await stage.desk.rows.call(Run.objects.filter(run_id=stage.run.run_id).update, token=2)

    await write(stage.writer, 3)
    await stage.writer.kept()

    kept = await stage.desk.rows.call(RunEvent.objects.filter(run_id=stage.run.run_id).count)
    assert stage.writer.replaced
    assert kept == 3
    assert await stage.log.last(stage.run.run_id) == 3


async def test_events_wait_while_our_own_database_is_away(redis: AsyncRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "RETRY", 0.02)
    kept: list[int] = []
    away = True

    async def keep(batch: Sequence[tuple[Writer, list[Event]]]) -> list[bool]:
        if away:
            await asyncio.sleep(0.03)
            raise Unavailable
        kept.extend(event.id.seq for _, events in batch for event in events)
        return [True] * len(batch)

    async with opened_log(redis, keep) as log:
        writer = open_writer(log, resumable=True)
        await write(writer, 10, pause=0.01)
        assert await log.last(writer.run_id) is None

        away = False
        await write(writer, 10)
        await writer.kept()
        await sent(log, writer)

    assert kept == list(range(1, 21))


@pytest.mark.parametrize("ticks", range(6))
async def test_a_cancellation_that_meets_an_event_is_not_forgotten(ticks: int) -> None:
    reader = Reader(settings.REDIS_URI, prefix=PREFIX)
    subscription = Subscription(reader, uuid4(), START, behind=False)
    listening = asyncio.create_task(subscription.events(5))
    await asyncio.sleep(0.01)
    subscription.offer([Event(EventId(EPOCH, 1), "values", b"{}")])
    for _ in range(ticks):
        await asyncio.sleep(0)
    if listening.cancel():
        await asyncio.wait({listening})
        assert listening.cancelled()
    await reader.close()


# --- a follower that joins while the run ends, stopped before and after each thing that it asks


class Stop:
    """Of a follower: at point number `at`, from 0, where it is about to ask, or has an answer that grows old."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.reached = asyncio.Event()
        self.over = asyncio.Event()

    @contextlib.contextmanager
    def within(self, desk: Desk) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for asked, names in ((desk.reader, ("last", "fetch")), (desk, ("status_of", "kept"))):
                for name in names:
                    stack.enter_context(patch.object(asked, name, self.around(getattr(asked, name))))
            yield

    def around(self, ask: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def asked(*args: Any, **named: Any) -> Any:
            await self.point()
            answer = await ask(*args, **named)
            await self.point()
            return answer

        return asked

    async def point(self) -> None:
        self.at -= 1
        if self.at == -1:
            self.reached.set()
            await self.over.wait()


async def joined(stage: Stage, last_event_id: str | None) -> tuple[EventId, list[Event]]:
    place = await position(stage.desk, stage.run, last_event_id)
    assert place is not None
    followed = follow(stage.desk, Followed.of(stage.run), place)
    return place, [event async for events in followed for event in events]


def steps_of_an_end(stage: Stage) -> list[Callable[[], Awaitable[Any]]]:
    """What the run's worker does last, in its order."""

    async def publish() -> None:
        await write(stage.writer, 1)
        await stage.writer.kept()
        await sent(stage.log, stage.writer)

    ending = Ending(stage.run.run_id, stage.run.thread_id, 1, "success", final_seq=4)
    return [publish, lambda: stage.desk.rows.call(settle, [ending]), lambda: stage.writer.conclude("success")]


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize(("resumable", "last_event_id"), [(True, "-1"), (True, None), (False, None)])
async def test_who_joins_while_the_run_ends_gets_every_event_once_and_the_end(
    make_stage: MakeStage, settings: Settings, resumable: bool, last_event_id: str | None, steps: int
) -> None:
    """So many steps of the end are taken while it stands: at the place in Redis, its events, the status, the rows."""
    settings.STREAM_HEARTBEAT = timedelta(seconds=0.02)
    for at in range(8 if resumable else 6):
        stage = await make_stage(resumable)
        await write(stage.writer, 2)
        await stage.writer.kept()
        await sent(stage.log, stage.writer)
        end = steps_of_an_end(stage)
        stop = Stop(at)
        with stop.within(stage.desk):
            async with asyncio.timeout(10):
                following = asyncio.create_task(joined(stage, last_event_id))
                await stop.reached.wait()
                for step in end[:steps]:
                    await step()
                stop.over.set()
                for step in end[steps:]:
                    await step()
                place, got = await following
        # Who finds the end itself in Redis is told of it once more, by the row.
        assert seqs(got) == list(range(place.seq + 1, max(5, place.seq + 2))), at
        assert [event.event for event in got if event.is_terminal] == ["end"]
