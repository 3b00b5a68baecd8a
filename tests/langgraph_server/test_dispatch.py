"""Tell workers that a run may be ready: one message for many announcements, and never an error."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.conf import settings
from django.db import transaction
from pytest_django import Settings
from redis import Redis

from langgraph_server.streams import signals
from langgraph_server.streams.connection import connect
from runs import dispatch
from runs.dispatch import HOPS, UNDER_WAY_MS, WAKE, Announcer

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis() -> Iterator[Redis]:
    with connect(settings.REDIS_URI) as redis:
        yield redis


@pytest.fixture
def queue() -> str:
    return f"test-{uuid4()}"


def messages(redis: Redis, queue: str) -> list[list[object]]:
    """The arguments of the messages that wait in the broker."""
    waiting = redis.lrange(f"{settings.REDIS_KEY_PREFIX}{queue}", 0, -1)
    return [orjson.loads(orjson.loads(message)["headers"]["argsrepr"].replace("'", '"')) for message in waiting]


def eventually(condition: Callable[[], bool], *, seconds: float = 3.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_an_announcement_becomes_a_message_in_its_queue(redis: Redis, queue: str) -> None:
    dispatch.announce_now([queue])

    assert eventually(lambda: redis.llen(f"{settings.REDIS_KEY_PREFIX}{queue}") == 1)
    [message] = redis.lrange(f"{settings.REDIS_KEY_PREFIX}{queue}", 0, -1)
    headers = orjson.loads(message)["headers"]
    assert (headers["task"], headers["argsrepr"], headers["ignore_result"]) == (WAKE, f"['{queue}', 0]", True)
    assert headers["expires"]


def test_many_announcements_are_one_message(redis: Redis, queue: str) -> None:
    for _ in range(20):
        dispatch.announce_now([queue, queue])
        time.sleep(0.01)

    assert eventually(lambda: bool(messages(redis, queue)))
    assert len(messages(redis, queue)) == 1


def test_who_is_awake_hears_of_each(redis: Redis, queue: str) -> None:
    pubsub: Any = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # the library has no types there
    with pubsub:
        pubsub.subscribe(signals.channel(settings.REDIS_KEY_PREFIX, signals.READY))
        for _ in range(3):
            dispatch.announce_now([queue])
            assert next(filter(None, heard(pubsub)))["data"] == queue.encode()


def heard(pubsub: Any) -> Iterator[Any]:
    """A message, or None, of each fifth of a second."""
    return (pubsub.get_message(timeout=0.2) for _ in range(25))


def test_every_queue_gets_its_own(redis: Redis, queue: str) -> None:
    other = f"{queue}-2"

    dispatch.announce_now([queue, other])

    assert eventually(lambda: bool(messages(redis, queue)) and bool(messages(redis, other)))


def test_after_a_message_was_received_the_next_is_sent(redis: Redis, queue: str) -> None:
    dispatch.announce_now([queue])
    assert eventually(lambda: len(messages(redis, queue)) == 1)

    dispatch.received(queue)
    dispatch.announce_now([queue])

    assert eventually(lambda: len(messages(redis, queue)) == 2)


def test_a_message_that_nobody_receives_does_not_block_for_long(redis: Redis, queue: str) -> None:
    dispatch.announce_now([queue])
    assert eventually(lambda: len(messages(redis, queue)) == 1)

    time.sleep(UNDER_WAY_MS / 1000 + 0.05)
    dispatch.announce_now([queue])

    assert eventually(lambda: len(messages(redis, queue)) == 2)


def test_wake_ups_go_on_after_redis_forgot_everything(redis: Redis, queue: str) -> None:
    dispatch.announce_now([queue])
    assert eventually(lambda: len(messages(redis, queue)) == 1)

    redis.flushall()
    dispatch.announce_now([queue])

    assert eventually(lambda: len(messages(redis, queue)) == 1)


def test_a_wake_up_that_is_handed_on_goes_out_beside_its_mark(redis: Redis, queue: str) -> None:
    dispatch.announce_now([queue])
    assert eventually(lambda: messages(redis, queue) == [[queue, 0]])

    dispatch.hand_on([queue])

    assert eventually(lambda: len(messages(redis, queue)) == 2)
    assert [queue, 1] in messages(redis, queue)


def test_a_wake_up_is_passed_on_only_so_often(redis: Redis, queue: str) -> None:
    for hops in range(HOPS + 2):
        dispatch.pass_on(queue, hops)

    assert sorted(str(message) for message in messages(redis, queue)) == [
        str([queue, hops]) for hops in range(1, HOPS + 1)
    ]


@pytest.mark.django_db(transaction=True)
def test_workers_are_told_only_of_what_is_committed(redis: Redis, queue: str) -> None:
    with transaction.atomic():
        dispatch.announce([queue])
        time.sleep(0.1)
        assert messages(redis, queue) == []

    assert eventually(lambda: len(messages(redis, queue)) == 1)


@pytest.mark.django_db(transaction=True)
def test_workers_are_not_told_of_what_was_undone(redis: Redis, queue: str) -> None:
    with transaction.atomic():
        dispatch.announce([queue])
        transaction.set_rollback(True)

    time.sleep(0.1)
    assert messages(redis, queue) == []


def test_without_redis_an_announcement_is_only_logged(
    settings: Settings, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URI = NOWHERE
    announcer = Announcer()

    started = time.monotonic()
    announcer.announce(queue)

    assert time.monotonic() - started < 0.5
    assert eventually(lambda: "workers were not woken, they will poll" in caplog.text)
    assert announcer.thread
    assert announcer.thread.is_alive()


def test_without_redis_a_wake_ups_mark_stays(settings: Settings, queue: str, caplog: pytest.LogCaptureFixture) -> None:
    settings.REDIS_URI = NOWHERE

    with caplog.at_level(logging.WARNING):
        Announcer().received(queue)

    assert "a wake-up's mark stays until it expires" in caplog.text
