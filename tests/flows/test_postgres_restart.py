"""Postgres falls over and comes back: what was acknowledged is there, and no graph is blamed."""

import asyncio
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from langgraph_server.embedded.postgres import Postgres
from langgraph_server.testing.undertaker import mortal_folder
from tests.flows.conftest import Report
from tests.support import load
from tests.support.installation import Installation, installed
from tests.support.sse import frames

RUNS = 30


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with mortal_folder("lgs-postgres-") as folder:
        postgres = Postgres(folder)
        postgres.start()
        yield postgres
        postgres.stop(mode="immediate")


@pytest.fixture(scope="module")
def server(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("flow"), database_uri=postgres.uri) as installation:
        installation.start(workers=2)
        yield installation


@pytest.mark.parametrize("down", [0.0, 4.0], ids=["at once", "longer than a lease"])
async def test_an_immediate_restart_loses_nothing_and_blames_no_graph(
    server: Installation, postgres: Postgres, report: Report, down: float
) -> None:
    server.clear()
    async with server.client() as client, server.http() as http:
        wanted = await load.submit(client, runs=RUNS, steps=6, seconds=0.5, resumable=True)
        load.until_under_way(server, steps=RUNS)
        asking = asyncio.create_task(ask_forever(http, wanted.thread_ids[0]))

        await asyncio.to_thread(postgres.stop, mode="immediate")
        await asyncio.sleep(down)
        await asyncio.to_thread(postgres.start)
        settled = await asyncio.to_thread(server.until_settled, patience=60)
        asking.cancel()

        statuses, acknowledged = TOLD.copy(), ACKNOWLEDGED.copy()
        assert set(statuses) <= {200, 503}
        assert statuses[200] > 0
        if down:
            assert statuses[503] > 0
        assert server.count("status = 'success'") == server.count("true") == RUNS
        assert await load.inexact(client, wanted) == {}
        for thread_id in acknowledged:
            assert (await http.get(f"/threads/{thread_id}")).status_code == 200
        for thread_id, run_id in zip(wanted.thread_ids, wanted.run_ids, strict=True):
            replay = await http.get(f"/threads/{thread_id}/runs/{run_id}/stream", headers={"last-event-id": "-1"})
            found = frames(replay.content)
            assert found[-1].data["done"] == list(range(6))
            assert "error" not in {frame.event for frame in found}
    assert server.audit() == {}
    report(settled_seconds=settled, statuses=dict(statuses), attempts=load.attempts(server))


TOLD: Counter[int] = Counter()
ACKNOWLEDGED: list[str] = []


async def ask_forever(http: httpx.AsyncClient, thread_id: str) -> None:
    """Of the four kinds of route: Django's reading and writing ones, and those that wait."""
    TOLD.clear()
    ACKNOWLEDGED.clear()
    while True:
        created = await http.post("/threads", json={})
        if created.status_code == 200:
            ACKNOWLEDGED.append(created.json()["thread_id"])
        answers = [
            created,
            await http.get(f"/threads/{thread_id}"),
            await http.get(f"/threads/{thread_id}/state"),
            await http.post("/threads/search", json={}),
            await http.get("/ok?check_db=1"),
        ]
        TOLD.update(answer.status_code for answer in answers)
        await asyncio.sleep(0.02)
