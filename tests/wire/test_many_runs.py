"""Several runs in one request: created together, cancelled together; and runs of no thread, by their own id."""

from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation
from tests.support.sse import frames, names

NOWHERE = "00000000-0000-4000-8000-000000000000"
ECHO = {"assistant_id": "echo", "input": {"said": 1}}
LATER = {"assistant_id": "echo", "input": {"said": 1}, "after_seconds": 300}
SLOW = {"assistant_id": "steps", "input": {"steps": 200, "seconds": 0.1}}


async def created(http: httpx.AsyncClient, thread_id: str, *bodies: dict[str, Any]) -> list[str]:
    answers = [await http.post(f"/threads/{thread_id}/runs", json=body) for body in bodies]
    return [answer.json()["run_id"] for answer in answers]


async def cancel(http: httpx.AsyncClient, body: Any, query: str = "") -> httpx.Response:
    return await http.post(f"/runs/cancel{query}", json=body)


async def statuses(client: LangGraphClient, thread_id: str) -> dict[str, str]:
    return {run["run_id"]: run["status"] for run in await client.runs.list(thread_id, limit=100)}


# --- batch


async def test_a_batch_is_answered_in_its_order(http: httpx.AsyncClient, server: Installation) -> None:
    bodies = [{**ECHO, "metadata": {"n": n}, "on_completion": "keep"} for n in range(5)]
    response = await http.post("/runs/batch", json=bodies)
    runs = response.json()
    assert response.status_code == 200
    assert [run["metadata"]["n"] for run in runs] == list(range(5))
    assert {run["status"] for run in runs} == {"pending"}
    assert len({run["thread_id"] for run in runs}) == 5
    for run in runs:
        told = await http.get(f"/threads/{run['thread_id']}/runs/{run['run_id']}/join")
        assert told.json() == {"said": 1, "count": 1}


async def test_the_sdk_creates_a_batch(client: LangGraphClient) -> None:
    bodies: Any = [{"assistant_id": "echo", "input": {"said": n}} for n in range(2)]
    made: Any = await client.runs.create_batch(bodies)
    assert [run["kwargs"]["input"] for run in made] == [{"said": 0}, {"said": 1}]


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        ({"assistant_id": "nope"}, 422),
        ({"assistant_id": NOWHERE}, 404),
        ({}, 422),
        ({**ECHO, "stream_mode": "x"}, 422),
        ({**ECHO, "command": {"resume": 1}}, 400),
        ("text", 422),
    ],
)
async def test_one_bad_element_fails_the_whole_batch(
    http: httpx.AsyncClient, server: Installation, bad: object, status: int
) -> None:
    before = server.count("true")
    response = await http.post("/runs/batch", json=[ECHO, bad, ECHO])
    assert response.status_code == status
    assert server.count("true") == before


@pytest.mark.parametrize("body", [[], ECHO, None, "text"])
async def test_a_batch_is_a_list_that_is_not_empty(http: httpx.AsyncClient, body: object) -> None:
    assert (await http.post("/runs/batch", json=body)).status_code == 422


# --- cancel


async def test_named_runs_of_a_thread_are_cancelled_and_no_others(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    first, second, third = await created(http, thread_id, LATER, LATER, LATER)
    response = await cancel(http, {"thread_id": thread_id, "run_ids": [first, third, NOWHERE]})
    assert (response.status_code, response.content) == (204, b"")
    assert await statuses(client, thread_id) == {first: "interrupted", second: "pending", third: "interrupted"}
    assert (await client.threads.get(thread_id))["status"] == "busy"
    await cancel(http, {"thread_id": thread_id, "run_ids": [second]})
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_runs_of_another_thread_are_not_named_by_their_id(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    (run_id,) = await created(http, thread_id, LATER)
    other = (await client.threads.create())["thread_id"]
    response = await cancel(http, {"thread_id": other, "run_ids": [run_id]})
    assert (response.status_code, response.json()) == (404, {"detail": "No runs found to cancel."})
    assert await statuses(client, thread_id) == {run_id: "pending"}
    await client.runs.cancel(thread_id, run_id)


async def test_rollback_of_many_removes_them(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    running, waiting = await created(http, thread_id, SLOW, LATER)
    server.until(lambda: server.count("run_id = %s AND status = 'running'", running))
    body = {"thread_id": thread_id, "run_ids": [running, waiting]}
    assert (await cancel(http, body, "?action=rollback")).status_code == 204
    server.until(lambda: server.count("thread_id = %s", thread_id) == 0)
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["values"]) == ("idle", None)


async def test_all_runs_of_a_status_are_cancelled_wherever_they_are(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation
) -> None:
    ids = [(await client.threads.create())["thread_id"] for _ in range(2)]
    (running,) = await created(http, ids[0], SLOW)
    (waiting,) = await created(http, ids[1], LATER)
    server.until(lambda: server.count("run_id = %s AND status = 'running'", running))

    assert (await cancel(http, {"status": "pending"})).status_code == 204
    assert await statuses(client, ids[1]) == {waiting: "interrupted"}
    assert await statuses(client, ids[0]) == {running: "running"}

    assert (await cancel(http, {"status": "running"})).status_code == 204
    server.until(lambda: server.count("run_id = %s AND status = 'interrupted'", running))
    thread: Any = await client.threads.get(ids[0])
    assert thread["error"] == {"error": "UserInterrupt", "message": "interrupt requested via POST /runs/cancel"}


async def test_the_sdk_cancels_all(client: LangGraphClient, http: httpx.AsyncClient, server: Installation) -> None:
    ids = [(await client.threads.create())["thread_id"] for _ in range(2)]
    for thread_id in ids:
        await created(http, thread_id, SLOW, LATER)
    await client.runs.cancel_many(status="all")
    server.until_settled()
    for thread_id in ids:
        assert set((await statuses(client, thread_id)).values()) == {"interrupted"}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({}, 422, "status"),
        ({"thread_id": NOWHERE}, 422, "run_ids"),
        ({"run_ids": [NOWHERE]}, 422, "thread_id"),
        (
            {"status": "all", "thread_id": NOWHERE, "run_ids": [NOWHERE]},
            422,
            "When providing a 'status', 'thread_id' and 'run_ids' must be omitted.",
        ),
        ({"status": "success"}, 422, "status"),
        ({"thread_id": "nope", "run_ids": [NOWHERE]}, 422, "Invalid thread ID"),
        ({"thread_id": NOWHERE, "run_ids": ["nope"]}, 422, "Invalid run ID: must be a UUID"),
        ({"thread_id": NOWHERE, "run_ids": [NOWHERE]}, 404, "No runs found to cancel."),
        ({"thread_id": NOWHERE, "run_ids": []}, 404, "No runs found to cancel."),
    ],
)
async def test_a_cancel_must_say_what(http: httpx.AsyncClient, body: object, status: int, detail: str) -> None:
    response = await cancel(http, body)
    assert response.status_code == status
    assert detail in response.json()["detail"]


# --- runs of no thread, by their own id: more than the reference has, so that `Location` leads somewhere


async def test_a_stateless_run_is_found_by_its_own_id(http: httpx.AsyncClient) -> None:
    made = await http.post("/runs", json=ECHO)
    path = made.headers["content-location"]
    assert path == f"/runs/{made.json()['run_id']}"
    joined = await http.get(f"{path}/join")
    shown = (await http.get(path)).json()
    assert joined.json() == {"said": 1, "count": 1}
    assert (shown["run_id"], shown["status"]) == (made.json()["run_id"], "success")


async def test_a_stateless_stream_is_joined_at_its_location(http: httpx.AsyncClient) -> None:
    live = await http.post("/runs/stream", json={**ECHO, "stream_resumable": True})
    location = live.headers["location"]
    whole = frames(live.content)
    assert location == f"/runs/{whole[0].data['run_id']}/stream"
    again = await http.get(location, headers={"last-event-id": "-1"})
    rest = await http.get(location, headers={"last-event-id": whole[0].id or ""})
    assert frames(again.content) == whole
    assert frames(rest.content) == whole[1:]
    assert names(whole) == ["metadata", "values", "values"]


@pytest.mark.parametrize("suffix", ["", "/stream", "/join"])
async def test_an_id_that_no_run_has(http: httpx.AsyncClient, suffix: str) -> None:
    malformed = await http.get(f"/runs/nope{suffix}")
    assert (malformed.status_code, malformed.json()) == (422, {"detail": "Invalid run ID: must be a UUID"})
    unknown = await http.get(f"/runs/{NOWHERE}{suffix}")
    assert unknown.status_code == (200 if suffix else 404)
    assert suffix == "" or b"404: Run not found" in unknown.content
