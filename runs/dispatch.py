"""Tell workers that a run may be ready: a Celery message that carries nothing that matters.

Messages are coalesced: while one is under way in a queue no second is sent, and the worker that it woke hears a signal
instead for as long as it is awake. A lost one costs at most the workers' poll interval. Sending happens on a thread of
its own and its failure is only logged.
"""

import asyncio
import logging
import threading
from collections.abc import Iterable
from functools import partial

from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from langgraph_server.celery import app
from langgraph_server.streams import signals
from langgraph_server.streams.connection import TIMEOUT, AsyncRedis, Redis, RedisError, connect

logger = logging.getLogger(__name__)

WAKE = "runs.wake"
#: A wake-up that no worker picked up by now is forgotten; they poll more often than that.
UNDER_WAY_MS = 1000
EXPIRES = 60
#: How often a worker without free slots, or with too much to do, passes a wake-up on to the next.
HOPS = 3


def announce(queues: Iterable[str]) -> None:
    """Once the transaction is committed."""
    transaction.on_commit(partial(announce_now, set(queues)))


def announce_now(queues: Iterable[str]) -> None:
    """Where no transaction is open; never blocks."""
    for queue in set(queues):
        ANNOUNCER.announce(queue)


def hand_on(queues: Iterable[str]) -> None:
    """From a worker that was woken to whoever comes next; what marks the queues goes along. Never blocks."""
    for queue in queues:
        ANNOUNCER.announce(queue, hops=1)


def pass_on(queue: str, hops: int) -> None:
    """A worker that is full, or busy, gives the wake-up that it got to whoever comes next."""
    if hops < HOPS:
        send(queue, hops + 1)


def send(queue: str, hops: int = 0) -> None:
    app.send_task(WAKE, args=[queue, hops], queue=queue, expires=EXPIRES, ignore_result=True, retry=False)


class Announcer:
    """The thread that sends, started with the first announcement of the process."""

    def __init__(self) -> None:
        #: Queues, and how often a wake-up was passed on.
        self.due: set[tuple[str, int]] = set()
        self.news = threading.Condition()
        self.thread: threading.Thread | None = None
        self.redis: Redis | None = None

    def announce(self, queue: str, hops: int = 0) -> None:
        with self.news:
            self.due.add((queue, hops))
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(target=self.run, name="announcer", daemon=True)
                self.thread.start()
            self.news.notify()

    def run(self) -> None:
        while True:
            with self.news:
                while not self.due:
                    self.news.wait()
                due, self.due = self.due, set()
            for queue, hops in due:
                self.wake(queue, hops)

    def wake(self, queue: str, hops: int) -> None:
        try:
            if hops or self.mark(queue):
                send(queue, hops)
        except (RedisError, OperationalError, OSError) as error:
            logger.warning("workers were not woken, they will poll", extra={"queue": queue, "error": str(error)})

    def mark(self, queue: str) -> bool:
        """True if no wake-up of the queue is under way; its worker removes the mark before its last claim. Who is awake
        hears of it.
        """
        self.redis = self.redis or connect(settings.REDIS_URI)
        pipeline = self.redis.pipeline(transaction=False)
        pipeline.set(mark_key(queue), 1, nx=True, px=UNDER_WAY_MS)
        pipeline.publish(signals.channel(settings.REDIS_KEY_PREFIX, signals.READY), queue)
        is_first, _ = pipeline.execute()
        return bool(is_first)

    def received(self, queue: str) -> None:
        self.redis = self.redis or connect(settings.REDIS_URI)
        try:
            self.redis.delete(mark_key(queue))
        except (RedisError, OSError) as error:
            logger.warning("a wake-up's mark stays until it expires", extra={"queue": queue, "error": str(error)})


def mark_key(queue: str) -> str:
    return f"{settings.REDIS_KEY_PREFIX}wake:{queue}"


def received(queue: str) -> None:
    """What is announced from now on gets a wake-up of its own."""
    ANNOUNCER.received(queue)


async def seen_to(redis: AsyncRedis, queues: Iterable[str]) -> None:
    """The same from a worker's loop, which then has to claim once more: until now nobody was woken."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await redis.delete(*map(mark_key, queues))
    except (RedisError, OSError) as error:
        logger.warning("a wake-up's mark stays until it expires", extra={"error": str(error)})


ANNOUNCER = Announcer()
