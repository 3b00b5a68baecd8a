"""The log of a run's events: written once, in order, by the run's worker.

Live events travel in a Redis Stream a run, with our own ids: XADD refuses an id that is not above the last, so a
worker that was replaced cannot add to the log. The events of a resumable run are in Postgres before they are in
Redis: whatever a client has seen can be read again after Redis lost everything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from redis.exceptions import ResponseError

from langgraph_server.errors import Unavailable
from langgraph_server.streams import notices
from langgraph_server.streams.connection import AsyncRedis, Redis, RedisError
from langgraph_server.streams.events import PACKED, TERMINAL, Event, EventId, pack
from langgraph_server.streams.quiet import Quiet
from langgraph_server.streams.writer import Writer

logger = logging.getLogger(__name__)

#: A stream whose run never concludes disappears from Redis after this.
FORGOTTEN = timedelta(days=1)
#: Seconds after which a run's stream is told so: most have concluded by then, and a lost one is concluded by others.
LASTS = 1.0
#: Bytes that may wait for Redis before a run is made to wait too.
HIGH_WATER = 32 * 2**20
#: Seconds between two pipelines: what is written meanwhile shares the next one.
PACE = 0.002
#: Seconds that a run's first event, which only names the run, may wait for the next one.
HELD = 0.05
TIMEOUT = 2.0
#: A time limit that was missed by more than this was missed by us: a node blocked the loop.
LATE = 0.05
TRIES = 3
#: Seconds between two tries to keep events while our own database is away.
RETRY = 0.25


def stream_key(prefix: str, run_id: UUID) -> str:
    return f"{prefix}run:{run_id}"


#: Store the events of resumable runs; one answer a writer, False where its token no longer holds.
Keep = Callable[[Sequence[tuple[Writer, list[Event]]]], Awaitable[Sequence[bool]]]


class RunLog:
    """All logs that this worker process writes; one task sends them in pipelines."""

    def __init__(self, redis: AsyncRedis, *, prefix: str, keep: Keep, retention: timedelta) -> None:
        self.redis = redis
        self.prefix = prefix
        self.keep = keep
        self.retention = retention
        self.outbox: list[tuple[Writer, Event]] = []
        self.unkept: dict[tuple[UUID, int], Writer] = {}
        #: Threads whose followers are to be told that a run began.
        self.begun: list[UUID] = []
        #: Streams that could not be told how long to live.
        self.untold: set[str] = set()
        self.weight = 0
        self.news = asyncio.Event()
        self.unkept_news = asyncio.Event()
        self.drained = asyncio.Event()
        self.keeping = asyncio.Lock()
        self.broken = False

    def open(
        self,
        run_id: UUID,
        thread_id: UUID | None,
        *,
        token: int,
        epoch: int,
        seq: int,
        resumable: bool,
        quiet: bool = False,
    ) -> Writer:
        """`quiet`: nobody follows the run, as far as anybody knows; `Writer.follow` ends that."""
        lasts_from = asyncio.get_running_loop().time() + LASTS
        writer = Writer(self, run_id, thread_id, token, epoch, resumable, seq, lasts_from, quiet=Quiet())
        if not quiet:
            writer.follow()
        return writer

    async def last(self, run_id: UUID) -> int | None:
        """The seq of the last event in Redis; None if it knows none, or cannot be asked."""
        try:
            async with asyncio.timeout(TIMEOUT):
                entries: Any = await self.redis.xrevrange(stream_key(self.prefix, run_id), count=1)
        except (RedisError, OSError):
            return None
        return int(entries[0][0].partition(b"-")[2]) if entries else None

    async def has_room(self) -> None:
        if self.weight > HIGH_WATER:
            await self.drained.wait()

    def add(self, writer: Writer, event: Event) -> None:
        if not writer.resumable:
            self.live(writer, event)
            return
        writer.pending.append(event)
        self.unkept[writer.key] = writer
        self.weigh(len(event.data))
        self.unkept_news.set()

    def live(self, writer: Writer, event: Event) -> None:
        self.weigh(len(event.data))
        if event.id.seq == 1:
            writer.held = event
            asyncio.get_running_loop().call_later(HELD, self.let_go, writer)
            return
        self.let_go(writer)
        self.outbox.append((writer, event))
        self.news.set()

    def let_go(self, writer: Writer) -> None:
        if writer.held is not None:
            self.outbox.append((writer, writer.held))
            writer.held = None
            self.news.set()

    def weigh(self, size: int) -> None:
        """What waits for Postgres or Redis; beyond the mark runs are made to wait too."""
        self.weight += size
        if self.weight > HIGH_WATER:
            self.drained.clear()
        else:
            self.drained.set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.send_forever(), name="event sender")
            tasks.create_task(self.keep_forever(), name="event keeper")

    async def keep_forever(self) -> None:
        while True:
            await self.unkept_news.wait()
            self.unkept_news.clear()
            await self.keep_all()

    async def keep_now(self, writer: Writer) -> None:
        self.unkept[writer.key] = writer
        await self.keep_all()

    async def keep_all(self) -> None:
        async with self.keeping:
            batch = [(writer, writer.pending) for writer in self.unkept.values() if writer.pending]
            self.unkept = {}
            for writer, _ in batch:
                writer.pending = []
            if not batch:
                return
            try:
                answers = await self.keep(batch)
            except Unavailable:
                self.put_back(batch)
                await asyncio.sleep(RETRY)
                return
            for (writer, events), held in zip(batch, answers, strict=True):
                writer.replaced = writer.replaced or not held
                self.weigh(-sum(len(event.data) for event in events))
                for event in events if held else ():
                    self.live(writer, event)

    def put_back(self, batch: Sequence[tuple[Writer, list[Event]]]) -> None:
        for writer, events in batch:
            writer.pending = events + writer.pending
            self.unkept[writer.key] = writer
        self.unkept_news.set()

    async def send_forever(self) -> None:
        while True:
            await self.news.wait()
            self.news.clear()
            batch, self.outbox = self.outbox, []
            await self.send(batch)
            self.weigh(-sum(len(event.data) for _, event in batch))
            await asyncio.sleep(PACE)

    async def send(self, batch: Sequence[tuple[Writer, Event]]) -> None:
        """One entry an attempt. Lost Redis loses liveness only: readers look at the rows and at the kept events."""
        writers: dict[tuple[UUID, int], Writer] = {}
        entries: dict[tuple[UUID, int], list[Event]] = {}
        for writer, event in batch:
            writers[writer.key] = writer
            entries.setdefault(writer.key, []).append(event)
        begun, self.begun = self.begun, []
        lasting = self.lasting(writers.values())

        def commands() -> Any:
            pipeline = self.redis.pipeline(transaction=False)
            for (run_id, _), events in entries.items():
                self.queue(pipeline, run_id, events)
            for key in lasting:
                pipeline.expire(key, FORGOTTEN)
            if begun:
                notices.queue(pipeline, self.prefix, begun, notices.RUN)
            return pipeline

        try:
            answers = await executed(commands)
        except (RedisError, OSError) as error:
            if not self.broken:
                logger.warning("events cannot be streamed: Redis is unreachable", extra={"error": str(error)})
            self.broken = True
            self.untold |= {stream_key(self.prefix, w.run_id) for w in writers.values() if w.is_there}
            return
        self.broken = False
        self.untold = set()
        for writer in writers.values():
            writer.is_there = True
            if stream_key(self.prefix, writer.run_id) in lasting:
                writer.lasts_from = None
        if refused := sum(isinstance(answer, ResponseError) for answer in answers):
            logger.warning("late events refused", extra={"count": refused})

    def lasting(self, writers: Iterable[Writer]) -> set[str]:
        """Streams that are to be told how long to live at most."""
        now = asyncio.get_running_loop().time()
        due = (writer for writer in writers if writer.lasts_from is not None and writer.lasts_from <= now)
        return self.untold | {stream_key(self.prefix, writer.run_id) for writer in due}

    def queue(self, pipeline: Any, run_id: UUID, events: list[Event]) -> None:
        key = stream_key(self.prefix, run_id)
        pipeline.xadd(key, {PACKED: pack(events)}, id=str(events[-1].id))
        if events[-1].is_terminal:
            pipeline.expire(key, self.retention)


async def executed(commands: Callable[[], Any]) -> Sequence[Any]:
    """Again where a node blocked the loop for the whole time. What had arrived all the same is refused then."""
    clock = asyncio.get_running_loop().time
    for _ in range(TRIES):
        began = clock()
        try:
            async with asyncio.timeout(TIMEOUT):
                answers: Sequence[Any] = await commands().execute(raise_on_error=False)
                return answers
        except TimeoutError:
            if clock() - began < TIMEOUT + LATE:
                break
    raise TimeoutError


#: Above every seq a worker gives: for runs that end without one.
LAST_SEQ = 10**15


def conclude(redis: Redis, prefix: str, endings: Iterable[tuple[UUID, int, str]], *, retention: timedelta) -> None:
    """Tell the followers of runs that end without a worker: (run, epoch, status). Best effort, they look anyway."""
    pipeline = redis.pipeline(transaction=False)
    for run_id, epoch, status in endings:
        key = stream_key(prefix, run_id)
        terminal = Event(EventId(epoch, LAST_SEQ), TERMINAL, status.encode())
        pipeline.xadd(key, {PACKED: pack([terminal])}, id=str(terminal.id))
        pipeline.expire(key, retention)
    try:
        pipeline.execute(raise_on_error=False)
    except (RedisError, OSError) as error:
        logger.warning("followers were not told of an end", extra={"error": str(error)})
