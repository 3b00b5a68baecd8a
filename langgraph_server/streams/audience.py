"""The runs and threads that somebody follows in this process. Workers are told when it begins and again and again.

They stream nothing but its end of a run that nobody follows (langgraph_server.streams.attention).
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from uuid import UUID

from langgraph_server.background import end
from langgraph_server.batching import Batcher
from langgraph_server.streams import signals
from langgraph_server.streams.connection import RedisError, connect_async

#: Seconds until workers are told again: a message may be lost, and a worker may be new.
AGAIN = 2.0


class Audience:
    def __init__(self, uri: str, *, prefix: str) -> None:
        self.redis = connect_async(uri)
        self.channel = signals.channel(prefix, signals.FOLLOWED)
        self.attended: Counter[UUID] = Counter()
        self.newcomers: Batcher[UUID, None] = Batcher(self.tell_together)
        self.task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def attending(self, named: UUID) -> AsyncIterator[None]:
        """Workers have been told of it, if Redis is there."""
        self.attended[named] += 1
        if self.task is None:
            self.task = asyncio.create_task(self.repeat_while_needed(), name="audience")
        try:
            await self.newcomers.submit(named)
            yield
        finally:
            self.attended[named] -= 1
            if not self.attended[named]:
                del self.attended[named]

    async def tell_together(self, named: Sequence[UUID]) -> list[None]:
        await self.tell(named)
        return [None] * len(named)

    async def repeat_while_needed(self) -> None:
        while self.attended:
            await asyncio.sleep(AGAIN)
            await self.tell(self.attended)
        self.task = None

    async def tell(self, named: Iterable[UUID]) -> None:
        if told := signals.message(named):
            with contextlib.suppress(RedisError, OSError):
                await self.redis.publish(self.channel, told)

    async def close(self) -> None:
        if self.task:
            await end(self.task)
        await self.redis.aclose()
