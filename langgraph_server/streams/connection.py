"""Connections to Redis that fail fast: it may be gone at any time, and nobody waits for it to come back."""

from typing import Any

from django.conf import settings
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

__all__ = ["AsyncRedis", "Redis", "RedisConnectionError", "RedisError", "connect", "connect_async"]

CONNECT_TIMEOUT = 1.0
#: Of one command; blocking reads are longer and set their own.
TIMEOUT = 2.0


class Noticing(AbstractConnection):
    """redis-py (8.1) takes a connection that the kernel gave up for a quiet one, because its error is a TimeoutError:
    who waits for a message is told at once and for ever that there is none, and who writes meets a closed transport.
    """

    @property
    def is_connected(self) -> bool:
        return super().is_connected and self._writer is not None and not self._writer.is_closing()


def connect(uri: str) -> Redis:
    return Redis.from_url(
        uri,
        socket_timeout=TIMEOUT,
        socket_connect_timeout=CONNECT_TIMEOUT,
        retry=Retry(NoBackoff(), 0),
        **settings.REDIS_SILENCE,
    )


def connect_async(uri: str, *, timeout: float | None = TIMEOUT) -> AsyncRedis:
    """Without a timeout of its own where the caller sets one around many answers: each costs a timer."""
    redis = AsyncRedis.from_url(
        uri,
        socket_timeout=timeout,
        socket_connect_timeout=CONNECT_TIMEOUT,
        retry=AsyncRetry(NoBackoff(), 0),
        **settings.REDIS_SILENCE,
    )
    pool: Any = redis.connection_pool
    pool.connection_class = type("NoticingConnection", (Noticing, pool.connection_class), {})
    return redis
