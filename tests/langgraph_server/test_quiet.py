"""What a run tells while nobody follows it, and who hears that somebody does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from django.conf import settings

from langgraph_server.background import background
from langgraph_server.streams import attention as attentions
from langgraph_server.streams import audience as audiences
from langgraph_server.streams import quiet as quiets
from langgraph_server.streams import signals
from langgraph_server.streams.attention import Attention
from langgraph_server.streams.audience import Audience
from langgraph_server.streams.connection import AsyncRedis
from langgraph_server.streams.quiet import Quiet

PREFIX = "test-quiet:"
INTERRUPTED = b'{"done":[],"__interrupt__":[{"value":1}]}'


# --- what is left


def test_what_came_a_moment_ago_is_left_whole() -> None:
    quiet = Quiet()
    told = [("metadata", b"{}"), ("values", b"1"), ("updates", b"2"), ("values", b"3")]

    for event, data in told:
        quiet.tell(event, data)

    assert quiet.left() == told


def test_of_what_is_older_the_last_values_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiets, "RECENT", -1)
    quiet = Quiet()

    for event, data in [("metadata", b"{}"), ("values", b"1"), ("updates", b"2"), ("values", b"3"), ("custom", b"4")]:
        quiet.tell(event, data)

    assert quiet.left() == [("spared", b"3")]


def test_values_that_tell_of_interrupts_are_all_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiets, "RECENT", -1)
    quiet = Quiet()

    for data in (b"1", INTERRUPTED, INTERRUPTED, b"2", b"3"):
        quiet.tell("values", data)

    assert quiet.left() == [("spared", each) for each in (INTERRUPTED, INTERRUPTED, b"3")]


def test_values_of_a_subgraph_are_not_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quiets, "RECENT", -1)
    quiet = Quiet()

    quiet.tell("values", b"1")
    quiet.tell("values|child:1", b"2")

    assert quiet.left() == [("spared", b"1")]


def test_it_keeps_a_bounded_number_of_bytes() -> None:
    quiet = Quiet()

    for _ in range(5):
        quiet.tell("custom", b"x" * quiets.MOST)
        quiet.tell("values", b"y" * quiets.MOST)

    assert sum(len(data) for _, data in quiet.left()) <= 2 * quiets.MOST
    assert quiet.left()[-1] == ("values", b"y" * quiets.MOST)


# --- who follows


@pytest_asyncio.fixture
async def audience() -> AsyncIterator[Audience]:
    audience = Audience(settings.REDIS_URI, prefix=PREFIX)
    yield audience
    await audience.close()


@contextlib.asynccontextmanager
async def attentive(listening_redis: AsyncRedis) -> AsyncIterator[Attention]:
    """A worker that has listened for long enough to know."""
    attention = Attention()
    hearers = {signals.FOLLOWED: signals.of_ids(attention.hear)}
    async with background(signals.listen(listening_redis, PREFIX, hearers, attention.began), "attention"):
        await until_on(attention, uuid4(), False)
        yield attention


async def until_on(attention: Attention, named: UUID, wanted: bool) -> None:
    async with asyncio.timeout(5):
        while attention.is_on(named) is not wanted:
            await asyncio.sleep(0.005)


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiences, "AGAIN", 0.1)
    monkeypatch.setattr(attentions, "NEW", 0.15)
    monkeypatch.setattr(attentions, "KEPT", 0.3)


@pytest.mark.usefixtures("soon")
async def test_a_worker_hears_of_a_follower_and_forgets_it_when_it_has_left(
    listening_redis: AsyncRedis, audience: Audience
) -> None:
    followed, other = uuid4(), uuid4()
    async with attentive(listening_redis) as attention:
        async with audience.attending(followed):
            await until_on(attention, followed, True)
            await asyncio.sleep(3 * attentions.KEPT)

            assert attention.is_on(other, followed)
            assert not attention.is_on(other)

        await until_on(attention, followed, False)


@pytest.mark.usefixtures("soon")
async def test_one_follower_that_leaves_takes_no_other_along(listening_redis: AsyncRedis, audience: Audience) -> None:
    followed = uuid4()
    async with attentive(listening_redis) as attention, audience.attending(followed):
        async with audience.attending(followed):
            pass
        await asyncio.sleep(2 * attentions.KEPT)

        assert attention.is_on(followed)


@pytest.mark.usefixtures("soon")
async def test_a_worker_that_comes_later_hears_of_those_who_follow_already(
    listening_redis: AsyncRedis, audience: Audience
) -> None:
    followed = uuid4()
    async with audience.attending(followed), attentive(listening_redis) as attention:
        assert attention.is_on(followed)


@pytest.mark.usefixtures("soon")
async def test_a_worker_that_was_cut_off_takes_every_run_for_a_followed_one_at_first(
    listening_redis: AsyncRedis,
) -> None:
    async with attentive(listening_redis) as attention:
        await listening_redis.client_kill_filter(_type="pubsub")

        await until_on(attention, uuid4(), True)
        await until_on(attention, uuid4(), False)


def test_a_worker_that_does_not_listen_yet_takes_every_run_for_a_followed_one() -> None:
    assert Attention().is_on(uuid4())


async def test_following_goes_on_while_redis_is_away() -> None:
    audience = Audience("redis://127.0.0.1:1/0", prefix=PREFIX)

    async with asyncio.timeout(5), audience.attending(uuid4()):
        pass

    await audience.close()
