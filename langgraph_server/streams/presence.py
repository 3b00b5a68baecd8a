"""Which workers there are, and how much room each has: hints in Redis, for operators only."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import uniform
from typing import cast
from uuid import UUID

from langgraph_server.streams.connection import AsyncRedis, Redis, RedisError

INTERVAL = 5.0
#: Seconds after which a worker that said nothing is thought gone.
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Worker:
    owner: str
    slots: int
    runs: int


def key_of(prefix: str) -> str:
    return f"{prefix}workers"


async def tell_forever(redis: AsyncRedis, prefix: str, owner: UUID, slots: int, runs: Callable[[], int]) -> None:
    while True:
        with suppress(RedisError, OSError):
            told = redis.hset(key_of(prefix), str(owner), f"{slots} {runs()} {time.time():.0f}")
            await cast("asyncio.Future[int]", told)
        await asyncio.sleep(INTERVAL * uniform(0.8, 1.2))


def workers(redis: Redis, prefix: str) -> list[Worker]:
    """Those that spoke lately; the others are forgotten."""
    told = cast("dict[bytes, bytes]", redis.hgetall(key_of(prefix)))
    present = {owner: worker for owner, line in told.items() for worker in read(owner, line)}
    if gone := [owner for owner in told if owner not in present]:
        redis.hdel(key_of(prefix), *gone)
    return list(present.values())


def read(owner: bytes, line: bytes) -> Iterator[Worker]:
    slots, runs, moment = (int(word) for word in line.split())
    if moment > time.time() - PATIENCE:
        yield Worker(owner.decode(), slots, runs)
