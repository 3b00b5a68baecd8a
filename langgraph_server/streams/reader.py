"""The one reader of a web process: a single blocking XREAD carries the events of all runs that somebody follows."""

import asyncio
import contextlib
import logging
import math
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

from langgraph_server.background import end
from langgraph_server.streams.connection import AsyncRedis, RedisError, connect_async
from langgraph_server.streams.events import PACKED, Event, EventId, unpack
from langgraph_server.streams.log import stream_key

logger = logging.getLogger(__name__)

BLOCK_MS = 5000
COUNT = 512
#: Bytes that may wait for a slow client before they are dropped here and read again from Redis.
HIGH_WATER = 4 * 2**20
RETRY = 0.5
#: Seconds without pokes until the stream of them is forgotten.
POKED = 60
#: Seconds between two reads for each run that is followed, as each makes them dearer: what comes meanwhile is read
#: together.
PACE = 0.0002
LONGEST_PACE = 0.005
#: Events fetched at once by a follower that is behind.
PAGE = 2000


class Subscription:
    """One follower's place in one run's log. Not thread-safe: it lives on the reader's loop."""

    def __init__(self, reader: "Reader", run_id: UUID, after: EventId, *, behind: bool) -> None:
        self.reader = reader
        self.run_id = run_id
        self.cursor = after
        #: What precedes the queue has to be fetched from Redis first.
        self.behind = behind
        self.queue: deque[Event] = deque()
        self.weight = 0
        self.news = asyncio.Event()
        if behind:
            self.news.set()

    def offer(self, events: Sequence[Event]) -> None:
        self.queue.extend(events)
        self.weight += sum(len(event.data) for event in events)
        if self.weight > HIGH_WATER:
            self.queue.clear()
            self.weight = 0
            self.behind = True
        self.news.set()

    async def events(self, timeout: float) -> list[Event]:  # noqa: ASYNC109 - a quiet interval, not a deadline
        """The next events after the cursor; empty after `timeout` seconds without any, or while Redis is away."""
        # Not `wait_for`, which in Python 3.11 forgets a cancellation that meets the event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self.news.wait()
        self.news.clear()
        missed: list[Event] = []
        if self.behind:
            self.behind = False
            fetched = await self.reader.fetch(self.run_id, self.cursor)
            if fetched is None:
                self.behind = True
                return []
            missed = fetched
            # More may have been offered meanwhile than may wait here.
            if len(missed) >= PAGE or self.behind:
                self.queue.clear()
                self.behind = True
                self.news.set()
        taken, self.weight = missed + list(self.queue), 0
        self.queue.clear()
        return self.fresh(taken)

    def fresh(self, events: Sequence[Event]) -> list[Event]:
        result = []
        for event in events:
            if event.id > self.cursor:
                self.cursor = event.id
                result.append(event)
        return result


class Feed:
    """One run's stream: where the shared reading stands and who listens."""

    def __init__(self, cursor: EventId) -> None:
        self.cursor = cursor
        self.subscriptions: set[Subscription] = set()


class Reader:
    def __init__(self, uri: str, *, prefix: str) -> None:
        self.prefix = prefix
        self.blocking = connect_async(uri, timeout=BLOCK_MS / 1000 + 5)
        self.redis: AsyncRedis = connect_async(uri)
        self.feeds: dict[UUID, Feed] = {}
        #: Woken through a stream of our own: an entry in it ends a blocking XREAD that does not know a new feed.
        self.poke_key = f"{prefix}poke:{uuid4()}"
        self.poke_cursor = "0-0"
        self.poking = False
        #: When the stream of pokes was last told to outlive them, by the loop's clock.
        self.prolonged = -math.inf
        self.healthy = True
        self.tasks: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def subscribe(self, run_id: UUID, after: EventId, *, fresh: bool) -> AsyncIterator[Subscription]:
        """`fresh`: the caller admitted the run just now, so that the stream cannot have begun before."""
        feed = self.feeds.get(run_id)
        subscription = Subscription(self, run_id, after, behind=feed is not None or not fresh)
        if feed is None:
            feed = self.feeds[run_id] = Feed(after)
            self.poke()
        feed.subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            feed.subscriptions.discard(subscription)
            if not feed.subscriptions:
                self.feeds.pop(run_id, None)

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                await self.read()
                self.healthy = True
                await asyncio.sleep(min(PACE * len(self.feeds), LONGEST_PACE))
            except (RedisError, OSError) as error:
                if self.healthy:
                    logger.warning("streams fall back to Postgres: Redis is unreachable", extra={"error": str(error)})
                self.healthy = False
                await asyncio.sleep(RETRY)

    async def read(self) -> None:
        keys: dict[Any, Any] = {self.poke_key: self.poke_cursor}
        runs: dict[bytes, UUID] = {}
        for run_id, known in self.feeds.items():
            key = stream_key(self.prefix, run_id)
            keys[key] = str(known.cursor)
            runs[key.encode()] = run_id
        answer: Any = await self.blocking.xread(keys, count=COUNT, block=BLOCK_MS)
        for key, entries in answer or ():
            if key not in runs:
                self.poke_cursor = entries[-1][0].decode()
            elif feed := self.feeds.get(runs[key]):
                self.dispatch(feed, decode(entries))

    def dispatch(self, feed: Feed, events: list[Event]) -> None:
        feed.cursor = events[-1].id
        for subscription in feed.subscriptions:
            subscription.offer(events)

    def poke(self) -> None:
        if self.poking:
            return
        self.poking = True
        task = asyncio.create_task(self.send_poke(), name="poke")
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def send_poke(self) -> None:
        self.poking = False
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.xadd(self.poke_key, {"": ""}, maxlen=1)
        now = asyncio.get_running_loop().time()
        if now - self.prolonged > POKED / 2:
            self.prolonged = now
            pipeline.expire(self.poke_key, POKED)
        with contextlib.suppress(RedisError, OSError):  # `run` meets the same trouble and reports it
            await pipeline.execute()

    async def fetch(self, run_id: UUID, after: EventId) -> list[Event] | None:
        """None while Redis cannot be asked."""
        try:
            entries: Any = await self.redis.xrange(stream_key(self.prefix, run_id), min=f"({after}", count=PAGE)
        except (RedisError, OSError):
            return None
        return decode(entries)

    async def last(self, run_id: UUID) -> EventId | None:
        try:
            entries: Any = await self.redis.xrevrange(stream_key(self.prefix, run_id), count=1)
        except (RedisError, OSError):
            return None
        return decode(entries)[-1].id if entries else None

    async def close(self) -> None:
        for poke in list(self.tasks):
            await end(poke)
        await self.blocking.aclose()
        await self.redis.aclose()


def decode(entries: Sequence[tuple[bytes, dict[bytes, bytes]]]) -> list[Event]:
    return [event for entry_id, fields in entries for event in unpack(entry_id, fields[PACKED])]
