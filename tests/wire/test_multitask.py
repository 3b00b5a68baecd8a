"""A thread that is busy gets another run: what happens is the new run's choice."""

import asyncio
from itertools import pairwise
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation

SLOW = {"steps": 100, "seconds": 0.1}
BUSY = "Thread is already running a task. Wait for it to finish or choose a different multitask strategy."


async def running(client: LangGraphClient, server: Installation, thread_id: str) -> str:
    """A run in the middle of its steps."""
    run = await client.runs.create(thread_id, "steps", input=SLOW, durability="sync")
    steps = "SELECT count(*) FROM checkpoints WHERE thread_id = %s AND metadata ->> 'run_id' = %s"
    server.until(lambda: server.value(steps, thread_id, run["run_id"]) > 3)
    return run["run_id"]


async def create(http: httpx.AsyncClient, thread_id: str, strategy: str, **body: Any) -> httpx.Response:
    body = {"assistant_id": "steps", "input": {"steps": 2}, "multitask_strategy": strategy, **body}
    return await http.post(f"/threads/{thread_id}/runs", json=body)


@pytest.mark.parametrize("route", ["", "/wait", "/stream"])
async def test_reject_refuses_the_new_run_and_leaves_the_other_alone(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, route: str
) -> None:
    first = await client.runs.create(thread_id, "steps", input={"steps": 4, "seconds": 0.2})
    body = {"assistant_id": "echo", "input": {}, "multitask_strategy": "reject"}

    refused = await http.post(f"/threads/{thread_id}/runs{route}", json=body)

    assert (refused.status_code, refused.json()) == (409, {"detail": BUSY})
    assert (await client.runs.join(thread_id, first["run_id"]))["done"] == [0, 1, 2, 3]
    assert [run["run_id"] for run in await client.runs.list(thread_id)] == [first["run_id"]]


async def test_reject_admits_to_an_idle_thread(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    await client.runs.wait(thread_id, "echo", input={"said": 1})
    assert (await create(http, thread_id, "reject")).status_code == 200


async def test_of_many_rejecting_at_once_one_is_admitted(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    for _ in range(5):
        thread_id = (await client.threads.create())["thread_id"]
        slow = {"input": {"steps": 2, "seconds": 0.5}}
        answers = await asyncio.gather(*(create(http, thread_id, "reject", **slow) for _ in range(20)))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        assert len(await client.runs.list(thread_id)) == 1


async def test_enqueue_is_the_default_and_runs_one_after_the_other(
    client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    runs = [
        await client.runs.create(thread_id, "steps", input={"steps": 2, "seconds": 0.05}, metadata={"n": n})
        for n in range(6)
    ]
    assert (await client.threads.get(thread_id))["status"] == "busy"
    assert (await client.runs.join(thread_id, runs[-1]["run_id"]))["done"] == list(range(12))
    rows = server.rows(
        "SELECT metadata ->> 'n', started_at, ended_at FROM runs_run WHERE thread_id = %s ORDER BY started_at",
        thread_id,
    )
    assert [int(n) for n, _, _ in rows] == list(range(6))
    assert all(earlier[2] <= later[1] for earlier, later in pairwise(rows))
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_many_enqueued_at_once_run_one_after_the_other_as_they_were_admitted(
    http: httpx.AsyncClient, server: Installation, thread_id: str
) -> None:
    answers = await asyncio.gather(*(create(http, thread_id, "enqueue", input={"steps": 1}) for _ in range(20)))

    assert {answer.status_code for answer in answers} == {200}
    server.until(lambda: server.count("thread_id = %s AND status = 'success'", thread_id) == 20)
    rows = server.rows(
        "SELECT run_id::text, started_at, ended_at FROM runs_run WHERE thread_id = %s ORDER BY started_at", thread_id
    )
    admitted = sorted((answer.json() for answer in answers), key=lambda run: str(run["created_at"]))
    assert [run_id for run_id, _, _ in rows] == [run["run_id"] for run in admitted]
    assert all(earlier[2] <= later[1] for earlier, later in pairwise(rows))
    assert (await http.get(f"/threads/{thread_id}/state")).json()["values"]["done"] == list(range(20))


async def test_interrupt_stops_the_other_run_and_goes_on_from_what_it_did(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    first = await running(client, server, thread_id)
    second = (await create(http, thread_id, "interrupt")).json()["run_id"]

    await client.runs.join(thread_id, second)

    thread: Any = await client.threads.get(thread_id)
    assert (await client.runs.get(thread_id, first))["status"] == "interrupted"
    assert (await client.runs.get(thread_id, second))["status"] == "success"
    assert (thread["status"], thread["error"]) == ("idle", None)
    kept = "SELECT count(*) FROM checkpoints WHERE thread_id = %s AND metadata ->> 'run_id' = %s"
    assert server.value(kept, thread_id, first) > 3
    steps = server.rows(
        "SELECT (metadata ->> 'step')::int FROM checkpoints WHERE thread_id = %s ORDER BY checkpoint_id", thread_id
    )
    assert [step for (step,) in steps] == list(range(-1, len(steps) - 1))
    done = thread["values"]["done"]
    assert done == list(range(len(done)))


async def test_an_interrupted_run_is_joined_with_the_current_values(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    first = await running(client, server, thread_id)
    joining = asyncio.create_task(client.runs.join(thread_id, first))
    await asyncio.sleep(0.3)
    await create(http, thread_id, "interrupt")
    assert (await joining)["done"][:2] == [0, 1]


async def test_rollback_undoes_the_other_run(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 1})
    first = await running(client, server, thread_id)
    second = (await create(http, thread_id, "rollback")).json()["run_id"]

    values = await client.runs.join(thread_id, second)

    assert values["done"] == [0, 1]
    assert (await http.get(f"/threads/{thread_id}/runs/{first}")).status_code == 404
    left = "SELECT count(*) FROM checkpoints WHERE thread_id = %s AND metadata ->> 'run_id' = %s"
    assert server.value(left, thread_id, first) == 0
    assert (await client.threads.get(thread_id))["status"] == "idle"


@pytest.mark.parametrize(
    ("strategy", "statuses"), [("interrupt", {"interrupted", "success"}), ("rollback", {"success"})]
)
async def test_the_waiting_runs_of_the_thread_are_stopped_too(
    http: httpx.AsyncClient,
    client: LangGraphClient,
    server: Installation,
    thread_id: str,
    strategy: str,
    statuses: set[str],
) -> None:
    await running(client, server, thread_id)
    for _ in range(3):
        await create(http, thread_id, "enqueue", input=SLOW)
    last = (await create(http, thread_id, strategy)).json()["run_id"]
    async with asyncio.timeout(10):
        await client.runs.join(thread_id, last)
    runs = await client.runs.list(thread_id)
    assert {run["status"] for run in runs} == statuses
    assert [run["run_id"] for run in runs if run["status"] == "success"] == [last]


@pytest.mark.parametrize("strategy", ["interrupt", "rollback"])
async def test_of_many_superseding_at_once_the_last_one_wins(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str, strategy: str
) -> None:
    await running(client, server, thread_id)
    slow = {"input": {"steps": 3, "seconds": 0.3}}
    answers = await asyncio.gather(*(create(http, thread_id, strategy, **slow) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    server.until(lambda: server.count("thread_id = %s AND status IN ('pending', 'running')", thread_id) == 0)

    last = max(answers, key=lambda answer: str(answer.json()["created_at"])).json()["run_id"]
    (survivor,) = server.rows(
        "SELECT run_id::text FROM runs_run WHERE thread_id = %s AND status = 'success'", thread_id
    )
    assert survivor == (last,)
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_the_reason_names_the_run_that_came(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    first = await running(client, server, thread_id)
    second = (await create(http, thread_id, "interrupt")).json()["run_id"]
    server.until(lambda: server.count("run_id = %s AND status = 'interrupted'", first))
    error = server.value("SELECT error FROM runs_run WHERE run_id = %s", first)
    text = f"superseded by run {second} (multitask_strategy=interrupt)"
    assert error == {"error": "UserInterrupt", "message": text}
    await client.runs.join(thread_id, second)
