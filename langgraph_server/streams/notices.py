"""Notices about threads: "a run began", "the state was written". Hints for those who follow a thread.

One short stream for all threads, read by a web process only while somebody there follows one. Whoever misses a notice
finds the rows at the next quiet interval.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from itertools import chain
from typing import Any
from uuid import UUID

from langgraph_server.background import end
from langgraph_server.streams.audience import Audience
from langgraph_server.streams.connection import AsyncRedis, RedisError, connect_async

RUN = b"run"
STATE = b"state"
LENGTH = 1000
BLOCK_MS = 5000
RETRY = 0.5


def key_of(prefix: str) -> str:
    return f"{prefix}notices"


def queue(pipeline: Any, prefix: str, thread_ids: Iterable[UUID], kind: bytes) -> None:
    fields = {b"t": " ".join(map(str, thread_ids)), b"k": kind}
    pipeline.xadd(key_of(prefix), fields, maxlen=LENGTH, approximate=True)


async def tell(redis: AsyncRedis, prefix: str, thread_id: UUID, kind: bytes) -> None:
    pipeline = redis.pipeline(transaction=False)
    queue(pipeline, prefix, [thread_id], kind)
    with contextlib.suppress(RedisError, OSError):
        await pipeline.execute()


class Ears:
    """One follower's: what it has heard since it last looked."""

    def __init__(self) -> None:
        self.heard: set[bytes] = set()
        self.news = asyncio.Event()

    async def listen(self, seconds: float) -> set[bytes]:
        """What was heard; empty after that many quiet seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.news.wait()
        self.news.clear()
        heard, self.heard = self.heard, set()
        return heard


class Notices:
    def __init__(self, uri: str, *, prefix: str, audience: Audience) -> None:
        self.prefix = prefix
        self.audience = audience
        self.redis: AsyncRedis = connect_async(uri, timeout=BLOCK_MS / 1000 + 5)
        self.ears: dict[bytes, set[Ears]] = {}
        self.task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def about(self, thread_id: UUID) -> AsyncIterator[Ears]:
        """For who follows the thread: workers are told so first."""
        ears = Ears()
        key = str(thread_id).encode()
        self.ears.setdefault(key, set()).add(ears)
        if self.task is None:
            self.task = asyncio.create_task(self.read_while_needed(), name="notices")
        try:
            async with self.audience.attending(thread_id):
                yield ears
        finally:
            self.ears[key].discard(ears)
            if not self.ears[key]:
                del self.ears[key]

    async def read_while_needed(self) -> None:
        cursor: Any = "$"
        while self.ears:
            try:
                answer: Any = await self.redis.xread({key_of(self.prefix): cursor}, count=500, block=BLOCK_MS)
            except (RedisError, OSError):
                await asyncio.sleep(RETRY)
                continue
            for _, entries in answer or ():
                cursor = entries[-1][0]
                for _, fields in entries:
                    self.dispatch(fields[b"t"].split(), fields[b"k"])
        self.task = None

    def dispatch(self, thread_ids: Iterable[bytes], kind: bytes) -> None:
        for ears in chain.from_iterable(self.ears.get(thread_id, ()) for thread_id in thread_ids):
            ears.heard.add(kind)
            ears.news.set()

    async def close(self) -> None:
        if self.task:
            await end(self.task)
        await self.redis.aclose()
