"""Cancel runs in every stage of their life."""

import asyncio
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation
from tests.support.sse import frames, names

NOWHERE = "00000000-0000-4000-8000-000000000000"
BY_REQUEST = "interrupt requested via POST /threads/{thread_id}/runs/{run_id}/cancel"
OVER = (
    "No matching runs to cancel. Please verify the thread ID and run IDs are correct, and the runs haven't been "
    "deleted or completed."
)


async def running(client: LangGraphClient, server: Installation, thread_id: str, **body: Any) -> str:
    """A run in the middle of its steps."""
    body = {"input": {"steps": 100, "seconds": 0.1}, "durability": "sync", **body}
    run = await client.runs.create(thread_id, "steps", **body)
    steps = "SELECT count(*) FROM checkpoints WHERE thread_id = %s AND metadata ->> 'run_id' = %s"
    server.until(lambda: server.value(steps, thread_id, run["run_id"]) > 3)
    return run["run_id"]


async def test_a_pending_run_never_runs(http: httpx.AsyncClient, client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1}, after_seconds=1)

    response = await http.post(f"/threads/{thread_id}/runs/{run['run_id']}/cancel")

    assert (response.status_code, response.content) == (202, b"")
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"
    assert (await client.threads.get(thread_id))["status"] == "idle"
    await asyncio.sleep(1.5)
    assert (await client.threads.get(thread_id))["values"] is None


async def test_a_running_run_stops_and_what_it_did_stays(
    client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    run_id = await running(client, server, thread_id)

    await client.runs.cancel(thread_id, run_id)
    took = server.until(lambda: server.count("run_id = %s AND status = 'interrupted'", run_id))

    thread: Any = await client.threads.get(thread_id)
    state: Any = await client.threads.get_state(thread_id)
    assert took < 2
    assert thread["status"] == "interrupted"
    assert thread["error"] == {"error": "UserInterrupt", "message": BY_REQUEST}
    done = thread["values"]["done"]
    assert done == list(range(len(done)))
    assert (done, ["step"]) == (state["values"]["done"], state["next"])


async def test_waiting_for_a_cancel_answers_when_the_run_has_stopped(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    run_id = await running(client, server, thread_id)
    response = await http.post(f"/threads/{thread_id}/runs/{run_id}/cancel?wait=1")
    assert response.status_code == 200
    assert response.headers["content-location"] == f"/threads/{thread_id}/runs/{run_id}"
    assert isinstance(response.json(), dict)
    assert (await client.runs.get(thread_id, run_id))["status"] == "interrupted"


async def test_waiting_for_the_cancel_of_a_pending_run_answers_at_once(client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1}, after_seconds=60)
    async with asyncio.timeout(3):
        await client.runs.cancel(thread_id, run["run_id"], wait=True)
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"


async def test_rollback_leaves_the_thread_as_it_was_before_the_run(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 2})
    before: Any = await client.threads.get_state(thread_id)
    run_id = await running(client, server, thread_id)

    await client.runs.cancel(thread_id, run_id, wait=True, action="rollback")

    thread: Any = await client.threads.get(thread_id)
    assert (await http.get(f"/threads/{thread_id}/runs/{run_id}")).status_code == 404
    assert await client.threads.get_state(thread_id) == before
    assert (thread["status"], thread["values"]) == ("idle", {"steps": 2, "done": [0, 1]})
    assert thread["error"]["error"] == "UserRollback"
    left = "SELECT count(*) FROM checkpoints WHERE thread_id = %s AND metadata ->> 'run_id' = %s"
    assert server.value(left, thread_id, run_id) == 0


async def test_rollback_of_a_pending_run_frees_its_thread(client: LangGraphClient, thread_id: str) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1}, after_seconds=60)
    await client.runs.cancel(thread_id, run["run_id"], action="rollback")
    assert await client.runs.list(thread_id) == []
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_an_unknown_action_is_an_interrupt(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1}, after_seconds=60)
    response = await http.post(f"/threads/{thread_id}/runs/{run['run_id']}/cancel?action=explode")
    assert response.status_code == 202
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "interrupted"


async def test_an_unknown_run_cannot_be_cancelled(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.post(f"/threads/{thread_id}/runs/{NOWHERE}/cancel")
    assert (response.status_code, response.json()) == (404, {"detail": "No runs found to cancel."})


@pytest.mark.parametrize("query", ["", "?wait=1", "?action=rollback"])
async def test_a_finished_run_cannot_be_cancelled(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, query: str
) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1})
    await client.runs.join(thread_id, run["run_id"])
    response = await http.post(f"/threads/{thread_id}/runs/{run['run_id']}/cancel{query}")
    assert (response.status_code, response.json()) == (404, {"detail": OVER})
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "success"


async def test_ids_must_be_uuids(http: httpx.AsyncClient, thread_id: str) -> None:
    assert (await http.post(f"/threads/{thread_id}/runs/nope/cancel")).status_code == 422
    assert (await http.post(f"/threads/nope/runs/{NOWHERE}/cancel")).status_code == 422


@pytest.mark.parametrize("action", ["interrupt", "rollback"])
async def test_the_stream_of_a_cancelled_run_ends_without_a_word(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, action: Any
) -> None:
    body = {"assistant_id": "sleepy", "input": {"seconds": 60}}
    async with http.stream("POST", f"/threads/{thread_id}/runs/stream", json=body) as response:
        run_id = response.headers["content-location"].split("/")[-1]
        content = b""
        async for chunk in response.aiter_raw():
            content += chunk
            if chunk.endswith(b'data: {"seconds":60}\r\n\r\n'):
                await client.runs.cancel(thread_id, run_id, action=action)
    assert names(frames(content)) == ["metadata", "values"]


async def test_who_waits_for_a_cancelled_run_gets_the_last_values(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, server: Installation
) -> None:
    body = {"assistant_id": "steps", "input": {"steps": 100, "seconds": 0.1}}
    waiting = asyncio.create_task(http.post(f"/threads/{thread_id}/runs/wait", json=body))
    while not (runs := await client.runs.list(thread_id, status="running")):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    await client.runs.cancel(thread_id, runs[0]["run_id"])
    done = (await waiting).json()["done"]
    assert done
    assert done == list(range(len(done)))


async def test_the_next_run_of_the_thread_goes_on_after_a_cancel(
    client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    run_id = await running(client, server, thread_id)
    queued = await client.runs.create(thread_id, "echo", input={"said": 1})

    await client.runs.cancel(thread_id, run_id)
    async with asyncio.timeout(3):
        await client.runs.join(thread_id, queued["run_id"])

    assert (await client.runs.get(thread_id, queued["run_id"]))["status"] == "success"


async def test_cancels_at_the_same_moment_end_a_run_once(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    run_id = await running(client, server, thread_id)
    path = f"/threads/{thread_id}/runs/{run_id}/cancel"
    answers = await asyncio.gather(*(http.post(path) for _ in range(20)))
    assert {answer.status_code for answer in answers} <= {202, 404}
    assert answers[0].status_code == 202
    server.until(lambda: server.count("run_id = %s AND status = 'interrupted'", run_id))
