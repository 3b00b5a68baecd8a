"""Small messages between processes."""

import asyncio
import errno
import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from django.conf import settings

from langgraph_server.streams import signals
from langgraph_server.streams.connection import AsyncRedis, connect

PREFIX = "test-signals:"


@pytest_asyncio.fixture
async def heard(listening_redis: AsyncRedis) -> AsyncIterator[asyncio.Queue[set[UUID]]]:
    """What a listener was called with."""
    queue: asyncio.Queue[set[UUID]] = asyncio.Queue()
    hearers = {signals.CANCEL: signals.of_ids(queue.put_nowait)}
    listening = asyncio.create_task(signals.listen(listening_redis, PREFIX, hearers, began=lambda: None))
    while (await listening_redis.pubsub_numsub(signals.channel(PREFIX, signals.CANCEL)))[0][1] == 0:
        await asyncio.sleep(0.01)
    yield queue
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


def tell(*run_ids: UUID) -> None:
    with connect(settings.REDIS_URI) as redis:
        signals.cancel(redis, PREFIX, list(run_ids))


async def test_a_listener_hears_of_all_runs_that_were_told(heard: asyncio.Queue[set[UUID]]) -> None:
    one, two, three = uuid4(), uuid4(), uuid4()

    tell(one, two)
    tell(three)

    assert await asyncio.wait_for(heard.get(), 2) == {one, two}
    assert await asyncio.wait_for(heard.get(), 2) == {three}


async def test_a_listener_hears_after_a_long_silence(heard: asyncio.Queue[set[UUID]]) -> None:
    run_id = uuid4()

    await asyncio.sleep(2.3)
    tell(run_id)

    assert await asyncio.wait_for(heard.get(), 0.5) == {run_id}


async def test_a_listener_that_was_cut_off_comes_back(heard: asyncio.Queue[set[UUID]]) -> None:
    run_id = uuid4()
    with connect(settings.REDIS_URI) as redis:
        redis.client_kill_filter(_type="pubsub")

    async with asyncio.timeout(5):
        while heard.empty():
            tell(run_id)
            await asyncio.sleep(0.05)

    assert heard.get_nowait() == {run_id}


async def test_a_listener_whose_connection_the_kernel_gave_up_comes_back(
    listening_redis: AsyncRedis, heard: asyncio.Queue[set[UUID]]
) -> None:
    """As after a pulled cable. It used to ask at once and for ever, and nothing else got a turn on the loop."""
    run_id = uuid4()
    pool: Any = listening_redis.connection_pool
    [connection] = pool._in_use_connections
    given_up(connection)

    async with asyncio.timeout(5):
        while heard.empty():
            tell(run_id)
            await asyncio.sleep(0.05)

    assert heard.get_nowait() == {run_id}


async def test_a_command_on_a_connection_that_the_kernel_gave_up_takes_another(listening_redis: AsyncRedis) -> None:
    pool: Any = listening_redis.connection_pool
    await listening_redis.ping()
    [connection] = pool._available_connections
    given_up(connection)
    await asyncio.sleep(0)

    assert await listening_redis.ping()


def given_up(connection: Any) -> None:
    """As the loop does when the kernel says so."""
    connection._writer.transport._fatal_error(TimeoutError(errno.ETIMEDOUT, "Connection timed out"))


def test_nobody_to_tell_it_to_is_fine(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), connect("redis://127.0.0.1:1/0") as redis:
        signals.cancel(redis, PREFIX, [uuid4()])

    assert "cancel could not be signalled" in caplog.text
