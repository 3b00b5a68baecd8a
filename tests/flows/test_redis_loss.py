"""Redis loses everything, or is gone: nothing but time may be lost."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from langgraph_server.embedded.redis import Redis
from langgraph_server.testing.undertaker import mortal_folder
from tests.flows.conftest import Report
from tests.support import load
from tests.support.installation import Installation, installed
from tests.support.sse import Frame, frames

TICKS = 60
BODY = {
    "assistant_id": "ticker",
    "input": {"count": TICKS, "seconds": 0.1},
    "stream_mode": "custom",
    "stream_resumable": True,
}


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with mortal_folder("lgs-redis-") as folder:
        redis = Redis(folder)
        redis.start()
        yield redis
        redis.stop()


@pytest.fixture(scope="module")
def server(redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """With a Redis of its own, to be destroyed."""
    with installed(tmp_path_factory.mktemp("flow"), redis_uri=redis.uri) as installation:
        installation.start(workers=2)
        yield installation


def ticks(found: list[Frame]) -> list[int]:
    return [frame.data["tick"] for frame in found if frame.event == "custom"]


async def streamed(http: httpx.AsyncClient, thread_id: str) -> list[Frame]:
    response = await http.post(f"/threads/{thread_id}/runs/stream", json=BODY)
    assert response.status_code == 200
    return frames(response.content)


async def test_redis_killed_in_mid_stream_costs_only_time(server: Installation, redis: Redis, report: Report) -> None:
    """3 streams and 20 runs under way, 10 more created while Redis is down; then it comes back, empty."""
    async with server.client() as client, server.http() as http:
        under_way = await load.submit(client, runs=20, steps=4, seconds=0.5)
        threads = [(await http.post("/threads", json={})).json()["thread_id"] for _ in range(3)]
        streams = asyncio.gather(*(streamed(http, thread_id) for thread_id in threads))
        await asyncio.sleep(1)

        redis.kill()
        answers = await requests_while_down(http)
        created = await load.submit(client, runs=10, steps=2, seconds=0.1)
        without = server.until(
            lambda: server.count("status = 'success' AND run_id = ANY(%s::uuid[])", list(created.run_ids)) == 10
        )
        redis.start()

        for found in await streams:
            assert ticks(found) == list(range(TICKS))
        settled = server.until_settled()
        assert await load.inexact(client, under_way) == {}
        assert await load.inexact(client, created) == {}
        assert [answer for answer in answers if answer >= 500] == []
        woken = await time_of_a_wake_up(server, http)
    assert server.audit() == {}
    assert load.attempts(server) == {1: server.count("true")}
    assert without < 10
    report(
        requests_while_down=len(answers), runs_finished_while_down_seconds=without, settled_seconds=settled, woken=woken
    )


async def requests_while_down(http: httpx.AsyncClient) -> list[int]:
    """Create, get, list, wait: the statuses."""
    statuses = []
    for _ in range(10):
        thread = await http.post("/threads", json={})
        thread_id = thread.json()["thread_id"]
        run = await http.post(f"/threads/{thread_id}/runs", json={"assistant_id": "echo", "input": {"said": 1}})
        got = await http.get(f"/threads/{thread_id}/runs/{run.json()['run_id']}")
        listed = await http.get(f"/threads/{thread_id}/runs")
        statuses += [thread.status_code, run.status_code, got.status_code, listed.status_code]
    waited = await http.post("/runs/wait", json={"assistant_id": "echo", "input": {"said": 1}})
    assert waited.json() == {"said": 1, "count": 1}
    return [*statuses, waited.status_code]


async def time_of_a_wake_up(server: Installation, http: httpx.AsyncClient) -> float:
    """From creation to start, the best of some: workers consume again, they do not only poll."""
    for _ in range(10):
        await http.post("/runs/wait", json={"assistant_id": "echo", "input": {"said": "woken"}})
    query = (
        "SELECT extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY started_at - created_at))::float "
        "FROM runs_run WHERE kwargs #>> '{{input,said}}' = 'woken'"
    )
    return float(server.value(query.replace("{{", "{").replace("}}", "}")))
