"""How often one caller may ask (LANGGRAPH_SERVER_RATE_LIMIT); without that setting nothing is counted.

One count in Redis for all processes and each stretch of time. Without Redis everybody may: it is a guard, not a lock.
"""

import time
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings

from langgraph_server.auth.principal import Principal
from langgraph_server.env import Rate
from langgraph_server.errors import TooMany
from langgraph_server.streams.connection import AsyncRedis, Redis, RedisError, connect


def check(principal: Principal, address: str) -> None:
    """On a thread."""
    if (rate := settings.RATE_LIMIT) is None:
        return
    key, left = stretch(rate, principal, address)
    try:
        counting = redis_of(settings.REDIS_URI).pipeline(transaction=False)
        counting.incr(key)
        counting.expire(key, left + 1)
        count, _ = counting.execute()
    except (RedisError, OSError):
        return
    refuse(count, rate, left)


async def acheck(principal: Principal, address: str, redis: AsyncRedis) -> None:
    if (rate := settings.RATE_LIMIT) is None:
        return
    key, left = stretch(rate, principal, address)
    try:
        counting: Any = redis.pipeline(transaction=False)
        counting.incr(key)
        counting.expire(key, left + 1)
        count, _ = await counting.execute()
    except (RedisError, OSError):
        return
    refuse(count, rate, left)


@cache
def redis_of(uri: str) -> Redis:
    """For Django's threads, which share its connections."""
    return connect(uri)


def stretch(rate: Rate, principal: Principal, address: str) -> tuple[str, int]:
    """The count of this stretch, and the seconds until the next one."""
    number, passed = divmod(time.time(), rate.seconds)
    # Whom authentication names, else from where they ask.
    who = sha256((principal.identity or f"from {address}").encode()).hexdigest()[:32]
    return f"{settings.REDIS_KEY_PREFIX}rate:{who}:{number:.0f}", int(rate.seconds - passed) + 1


def refuse(count: int, rate: Rate, left: int) -> None:
    if count > rate.most:
        raise TooMany(detail=f"More than {rate} requests", retry_after=left)
