"""A run that nobody follows streams only how it ended; whoever comes gets what comes from then on."""

import asyncio
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from langgraph_server.streams.connection import AsyncRedis, connect, connect_async
from tests.support.installation import Installation
from tests.support.sse import frames
from tests.wire.test_thread_stream import listening

STEPS: Any = {"input": {"steps": 6, "seconds": 0.05}, "stream_mode": ["values", "updates"]}
SLOW: Any = {"input": {"steps": 40, "seconds": 0.1}}


async def entries(server: Installation, run_id: str) -> list[bytes]:
    redis: AsyncRedis = connect_async(server.redis_uri)
    found: Any = await redis.xrange(f"{server.prefix}run:{run_id}")
    await redis.aclose()
    return [fields[b"p"] for _, fields in found]


async def settled(client: LangGraphClient, thread_id: str, **body: Any) -> str:
    """Nobody follows it: its row is looked at."""
    run_id = (await client.runs.create(thread_id, "steps", **body))["run_id"]
    async with asyncio.timeout(20):
        while (await client.runs.get(thread_id, run_id))["status"] != "success":
            await asyncio.sleep(0.05)
    return run_id


async def under_way(server: Installation, client: LangGraphClient) -> str:
    """The path of a run on a thread of its own that took some steps and goes on for a while."""
    thread_id = (await client.threads.create())["thread_id"]
    run_id = (await client.runs.create(thread_id, "steps", **SLOW))["run_id"]
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) > 5)
    return f"/threads/{thread_id}/runs/{run_id}"


@pytest.fixture
async def _informed(server: Installation, client: LangGraphClient, thread_id: str) -> None:
    """Until the workers have listened for so long that they know who follows what."""
    async with asyncio.timeout(30):
        while len(await entries(server, await settled(client, thread_id, **STEPS))) != 1:
            await asyncio.sleep(0.5)


@pytest.mark.usefixtures("_informed")
async def test_the_end_of_a_run_that_nobody_followed_is_one_entry_with_its_last_values(
    server: Installation, client: LangGraphClient, thread_id: str
) -> None:
    before: Any = (await client.threads.get_state(thread_id))["values"]
    run_id = await settled(client, thread_id, **STEPS)
    async with asyncio.timeout(5):
        while not (found := await entries(server, run_id)):
            await asyncio.sleep(0.02)

    [entry] = found
    names = entry.split(b"\n")[::2]
    assert names[0] == b"spared"
    assert names[-1] == b"end"
    assert len(names) < 12
    assert str(list(range(len(before["done"]) + 6))).replace(" ", "").encode() in entry


@pytest.mark.usefixtures("_informed")
async def test_who_waits_for_a_run_gets_its_values_though_no_step_was_streamed(
    server: Installation, http: httpx.AsyncClient
) -> None:
    answer = await http.post("/runs/wait", json={"assistant_id": "steps", **STEPS})

    assert answer.json()["done"] == list(range(6))
    run_id = answer.headers["content-location"].rpartition("/")[2]
    assert len(await entries(server, run_id)) == 1


@pytest.mark.usefixtures("_informed")
async def test_who_follows_the_thread_sees_every_step_of_a_run_that_another_waits_for(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    async with listening(http, thread_id) as heard:
        await http.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "steps", **STEPS})
        found = await heard.until_done(1)

    told = [frame.data.get("done", []) for frame in found if frame.event == "values"]
    assert told == [list(range(n)) for n in range(7)]
    assert sum(frame.event == "updates" for frame in found) == 6


@pytest.mark.usefixtures("_informed")
async def test_who_joins_in_the_middle_sees_every_step_from_then_on(
    server: Installation, http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    path = await under_way(server, client)

    joined = frames((await http.get(f"{path}/stream")).content)

    lengths = [len(frame.data["done"]) for frame in joined]
    assert 3 < lengths[0] < 20
    assert lengths == list(range(lengths[0], 41))


@pytest.mark.usefixtures("_informed")
async def test_a_follower_of_whom_no_worker_heard_is_heard_of_again(
    server: Installation, http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    path = await under_way(server, client)
    with connect(server.redis_uri) as redis:
        redis.client_kill_filter(_type="pubsub")

    joined = frames((await http.get(f"{path}/stream")).content)

    lengths = [len(frame.data["done"]) for frame in joined]
    assert lengths == list(range(lengths[0], 41))
    assert lengths[0] < 40


async def test_a_run_that_waits_for_a_worker_is_streamed_to_who_joined_before(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id = (await client.threads.create())["thread_id"]
    run = await client.runs.create(thread_id, "steps", **STEPS, after_seconds=1)

    joined = frames((await http.get(f"/threads/{thread_id}/runs/{run['run_id']}/stream")).content)

    assert [len(frame.data.get("done", [])) for frame in joined if frame.event == "values"] == list(range(7))


async def test_what_a_run_was_asked_to_stream_does_not_depend_on_messages(
    server: Installation, http: httpx.AsyncClient
) -> None:
    """Who asks for a stream has said so with the run itself."""
    with connect(server.redis_uri) as redis:
        redis.client_kill_filter(_type="pubsub")

    response = await http.post("/runs/stream", json={"assistant_id": "steps", **STEPS})

    assert [len(frame.data.get("done", [])) for frame in frames(response.content) if frame.event == "values"] == [
        *range(7)
    ]
