"""How often one caller may ask (LANGGRAPH_SERVER_RATE_LIMIT); without that setting nothing is counted.

One count in Redis for all processes and each stretch of time. Without Redis everybody may: it is a guard, not a lock.
"""

import time
from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from langgraph_server.auth.principal import Principal
from langgraph_server.env import Rate
from langgraph_server.errors import TooMany
from langgraph_server.streams.connection import AsyncRedis, Redis, RedisError, connect


class CallerThrottle(BaseThrottle):
    """Of Django's routes."""

    def allow_request(self, request: Request, view: Any) -> bool:
        if (rate := settings.RATE_LIMIT) is None:
            return True
        key, left = stretch(rate, view.principal, request.META.get("REMOTE_ADDR", ""))
        try:
            count, _ = counting(redis_of(settings.REDIS_URI), key, left).execute()
        except (RedisError, OSError):
            return True
        refuse(count, rate, left)
        return True


async def check(principal: Principal, address: str, redis: AsyncRedis) -> None:
    """Of the loop's."""
    if (rate := settings.RATE_LIMIT) is None:
        return
    key, left = stretch(rate, principal, address)
    try:
        count, _ = await counting(redis, key, left).execute()
    except (RedisError, OSError):
        return
    refuse(count, rate, left)


def counting(redis: Redis | AsyncRedis, key: str, left: int) -> Any:
    pipeline = redis.pipeline(transaction=False)
    pipeline.incr(key)
    pipeline.expire(key, left + 1)
    return pipeline


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
