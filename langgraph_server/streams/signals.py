"""Small messages between processes: "this run is to be cancelled", "this thread is followed", "a run is ready".

Hints only: whoever misses one finds the row, or hears it again.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from langgraph_server.streams.connection import AsyncRedis, Redis, RedisError

logger = logging.getLogger(__name__)

#: Runs that somebody wants to end.
CANCEL = "cancel"
#: Runs and threads that somebody follows.
FOLLOWED = "followed"
#: The queue in which a run has become ready.
READY = "ready"
RETRY = 1.0

Heard = Callable[[str], None]


def channel(prefix: str, kind: str) -> str:
    return f"{prefix}{kind}"


def message(ids: Iterable[UUID]) -> str:
    return ",".join(map(str, ids))


def of_ids(hear: Callable[[set[UUID]], None]) -> Heard:
    return lambda told: hear({UUID(each) for each in told.split(",")})


def cancel(redis: Redis, prefix: str, run_ids: list[UUID]) -> None:
    """Best effort: the wish is on the rows already, and the owner reads them with its next renewal."""
    try:
        redis.publish(channel(prefix, CANCEL), message(run_ids))
    except (RedisError, OSError) as error:
        logger.warning("cancel could not be signalled", extra={"error": str(error)})


async def listen(redis: AsyncRedis, prefix: str, hearers: Mapping[str, Heard], began: Callable[[], None]) -> None:
    """Call a kind's hearer with what is told, until cancelled; `began` each time that it starts to listen."""
    heard = {channel(prefix, kind).encode(): hearer for kind, hearer in hearers.items()}
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe(*heard)
                began()
                while True:
                    told = await pubsub.get_message(timeout=None)
                    if told is not None:
                        heard[told["channel"]](told["data"].decode())
        except (RedisError, OSError):
            await asyncio.sleep(RETRY)
