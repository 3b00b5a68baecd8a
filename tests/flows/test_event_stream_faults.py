"""Who follows a thread by the event protocol loses and doubles nothing, whatever dies."""

import asyncio
import random
import shutil
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from tempfile import mkdtemp

import httpx
import pytest
from redis import Redis as Client

from langgraph_server.embedded.redis import Redis
from tests.flows.conftest import Report
from tests.support.installation import Installation, installed
from tests.support.protocol import EVERY, Envelope, data, ends, followed, following, new_thread, start

TICKS = 120
INPUT = {"count": TICKS, "seconds": 0.05}


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    folder = Path(mkdtemp(prefix="lgs-redis-"))
    redis = Redis(folder)
    redis.start()
    yield redis
    redis.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def server(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With a Redis of its own, to be emptied."""
    with installed(tmp_path_factory.mktemp("flow"), redis_uri=redis.uri) as installation:
        installation.start(workers=2)
        yield installation


async def follow_with_drops(http: httpx.AsyncClient, thread_id: str, seed: int) -> tuple[list[Envelope], int]:
    """Comes back with the highest number it has, as the official client does, and counts what it saw twice."""
    cuts = random.Random(seed)
    seen: list[Envelope] = []
    drops = -1
    while not ends(seen):
        drops += 1
        wanted = cuts.randint(1, 30)
        since = {"since": seen[-1]["seq"]} if seen else {}
        with suppress(httpx.HTTPError, TimeoutError):
            async with following(http, thread_id, EVERY, **since) as heard:
                with suppress(TimeoutError):
                    await heard.until(partial(has_enough, wanted), patience=3)
                seen += heard.envelopes
        await asyncio.sleep(0.05)
    return seen, drops


def has_enough(wanted: int, found: list[Envelope]) -> bool:
    return len(found) >= wanted or bool(ends(found))


def assert_exact(seen: list[Envelope], whole: list[Envelope]) -> None:
    assert [one["event_id"] for one in seen] == [one["event_id"] for one in whole]
    assert seen == whole


async def test_drops_and_an_empty_redis_cost_only_time(server: Installation, redis: Redis, report: Report) -> None:
    async with server.http() as http:
        threads = [new_thread() for _ in range(2)]
        for thread_id in threads:
            await start(http, thread_id, "ticker", input=INPUT)
        follows = asyncio.gather(*(follow_with_drops(http, thread_id, n) for n, thread_id in enumerate(threads)))
        flushes = 0
        while not follows.done():
            await asyncio.sleep(0.7)
            with Client.from_url(redis.uri) as client:
                client.flushall()
            flushes += 1
        drops = 0
        for thread_id, (seen, dropped) in zip(threads, await follows, strict=True):
            drops += dropped
            assert [told["payload"]["tick"] for told in data(seen, "custom")] == list(range(TICKS))
            assert_exact(seen, await followed(http, thread_id))
    assert server.audit() == {}
    report(streams=len(threads), drops=drops, flushes=flushes, events_each=len(seen))


async def test_a_killed_worker_is_followed_over_its_death(server: Installation, report: Report) -> None:
    """The second attempt repeats the step, under new ids; the beginning and the end are told once."""
    async with server.http() as http:
        thread_id = new_thread()
        run_id = await start(http, thread_id, "ticker", input=INPUT)
        async with following(http, thread_id) as heard:
            await heard.until(lambda found: len(data(found, "custom")) > 20)
            owner = server.value("SELECT owner FROM runs_run WHERE run_id = %s", run_id)
            assert owner is not None
            for worker in server.workers:
                worker.kill()
            server.ensure_workers(2)
            seen = await heard.until(ends, patience=60)
        assert ends(seen) == ["completed"]
        beginnings = [one for one in seen if one["event_id"] == f"synth:{run_id}:lc||running"]
        assert len(beginnings) == 1
        assert len({one["event_id"] for one in seen}) == len(seen)
        assert [told["payload"]["tick"] for told in data(seen, "custom")][-TICKS:] == list(range(TICKS))
        assert_exact(seen, await followed(http, thread_id))
    assert server.audit() == {}
    report(events=len(seen))


async def test_a_killed_web_process_is_followed_over_its_death(server: Installation, report: Report) -> None:
    thread_id = new_thread()
    async with server.http() as http:
        await start(http, thread_id, "ticker", input=INPUT)
        follow = asyncio.create_task(follow_with_drops(http, thread_id, 7))
        await asyncio.sleep(1.5)
        web = next(process for process in server.processes if process.name == "web" and process.is_alive)
        web.kill()
        server.start_web()
        seen, drops = await asyncio.wait_for(follow, 60)
        assert [told["payload"]["tick"] for told in data(seen, "custom")] == list(range(TICKS))
        assert_exact(seen, await followed(http, thread_id))
    assert server.audit() == {}
    report(drops=drops, events=len(seen))


async def test_a_drained_worker_hands_the_story_over(server: Installation, report: Report) -> None:
    """The steps that were done are not told again, and the run ends elsewhere with its attempt unspent."""
    steps = 20
    server.ensure_workers(2)
    first, second = server.workers[:2]
    second.freeze()
    async with server.http() as http:
        thread_id = new_thread()
        await start(http, thread_id, "steps", input={"steps": steps, "seconds": 0.2})
        async with following(http, thread_id) as heard:
            await heard.until(lambda found: len(data(found, "values")) > 4)
            second.thaw()
            assert await asyncio.to_thread(first.terminate) == 0
            seen = await heard.until(ends, patience=60)
        assert ends(seen) == ["completed"]
        assert [told["done"][-1] for told in data(seen, "updates")] == list(range(steps))
        assert data(seen, "values")[-1]["done"] == list(range(steps))
        assert_exact(seen, await followed(http, thread_id))
    assert server.rows("SELECT attempt, token > 1 FROM runs_run WHERE thread_id = %s", thread_id) == [(1, True)]
    assert server.audit() == {}
    report(events=len(seen))
