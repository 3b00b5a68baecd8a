"""Small messages between processes: "this run is to be cancelled". Hints only; whoever misses one finds the row."""

import asyncio
import logging
from collections.abc import Callable
from uuid import UUID

from langgraph_server.streams.connection import AsyncRedis, Redis, RedisError

logger = logging.getLogger(__name__)

RETRY = 1.0


def channel(prefix: str) -> str:
    return f"{prefix}cancel"


def tell(redis: Redis, prefix: str, run_ids: list[UUID]) -> None:
    """Best effort: the wish is on the rows already, and the owner reads them with its next renewal."""
    try:
        redis.publish(channel(prefix), ",".join(map(str, run_ids)))
    except (RedisError, OSError) as error:
        logger.warning("cancel could not be signalled", extra={"error": str(error)})


async def listen(redis: AsyncRedis, prefix: str, heard: Callable[[set[UUID]], None]) -> None:
    """Call `heard` with the runs that somebody wants to end, until cancelled."""
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(channel(prefix))
                while True:
                    message = await pubsub.get_message(timeout=None)
                    if message is not None:
                        heard({UUID(run_id) for run_id in message["data"].decode().split(",")})
        except (RedisError, OSError):
            await asyncio.sleep(RETRY)
