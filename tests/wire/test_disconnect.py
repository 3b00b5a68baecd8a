"""A client goes away: the run goes on, or with it."""

import asyncio
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation

LEFT = {"error": "UserInterrupt", "message": "client disconnected from the run stream (on_disconnect=cancel)"}
LONG = {"steps": 100, "seconds": 0.1}


async def leave(http: httpx.AsyncClient, method: str, path: str, *, after: bytes, **options: Any) -> str:
    """Read until that has come, then close; the path of the run."""
    async with http.stream(method, path, **options) as response:
        content = b""
        async for chunk in response.aiter_raw():
            content += chunk
            if after in content:
                break
        return str(response.headers["content-location"])


def status_of(server: Installation, location: str) -> Any:
    return server.value("SELECT status FROM runs_run WHERE run_id = %s", location.rsplit("/", 1)[1])


@pytest.mark.parametrize(("route", "sign"), [("stream", b"event: values"), ("wait", b"\n")])
@pytest.mark.parametrize("stateless", [True, False])
async def test_a_run_is_cancelled_when_its_client_leaves(
    http: httpx.AsyncClient, server: Installation, thread_id: str, route: str, sign: bytes, stateless: bool
) -> None:
    body = {"assistant_id": "steps", "input": LONG, "on_disconnect": "cancel"}
    path = f"/runs/{route}" if stateless else f"/threads/{thread_id}/runs/{route}"
    location = await leave(http, "POST", path, after=sign, json=body)
    took = server.until(lambda: status_of(server, location) == "interrupted", patience=5)
    assert took < 2
    error = server.value("SELECT error FROM runs_run WHERE run_id = %s", location.rsplit("/", 1)[1])
    assert error == LEFT
    if not stateless:
        assert (await http.get(f"/threads/{thread_id}")).json()["error"] == LEFT


@pytest.mark.parametrize(("route", "sign"), [("stream", b"event: values"), ("wait", b"\n")])
@pytest.mark.parametrize("wish", [{"on_disconnect": "continue"}, {}])
async def test_a_run_goes_on_without_its_client(
    http: httpx.AsyncClient,
    client: LangGraphClient,
    server: Installation,
    thread_id: str,
    route: str,
    sign: bytes,
    wish: dict[str, str],
) -> None:
    body = {"assistant_id": "steps", "input": {"steps": 8, "seconds": 0.2}, **wish}
    location = await leave(http, "POST", f"/threads/{thread_id}/runs/{route}", after=sign, json=body)
    assert status_of(server, location) == "running"
    server.until(lambda: status_of(server, location) == "success")
    thread: Any = await client.threads.get(thread_id)
    assert thread["values"]["done"] == list(range(8))


@pytest.mark.parametrize(("route", "sign"), [("stream", b"event: values"), ("join", b"\n")])
@pytest.mark.parametrize("yes", ["true", "1", "yes"])
async def test_a_joiner_may_take_the_run_with_it(
    http: httpx.AsyncClient,
    client: LangGraphClient,
    server: Installation,
    thread_id: str,
    route: str,
    sign: bytes,
    yes: str,
) -> None:
    run = await client.runs.create(thread_id, "steps", input=LONG)
    path = f"/threads/{thread_id}/runs/{run['run_id']}/{route}?cancel_on_disconnect={yes}"
    location = await leave(http, "GET", path, after=sign)
    server.until(lambda: status_of(server, location) == "interrupted", patience=5)


@pytest.mark.parametrize(("route", "sign"), [("stream", b"event: values"), ("join", b"\n")])
@pytest.mark.parametrize("query", ["", "?cancel_on_disconnect=false", "?cancel_on_disconnect=maybe"])
async def test_a_joiner_that_leaves_changes_nothing_by_default(
    http: httpx.AsyncClient,
    client: LangGraphClient,
    server: Installation,
    thread_id: str,
    route: str,
    sign: bytes,
    query: str,
) -> None:
    run = await client.runs.create(thread_id, "steps", input={"steps": 8, "seconds": 0.2})
    location = await leave(http, "GET", f"/threads/{thread_id}/runs/{run['run_id']}/{route}{query}", after=sign)
    server.until(lambda: status_of(server, location) == "success")


async def test_a_client_that_leaves_a_run_in_the_queue_takes_it_away(
    http: httpx.AsyncClient, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    first = await client.runs.create(thread_id, "steps", input=LONG)
    body = {"assistant_id": "echo", "input": {"said": 1}, "on_disconnect": "cancel"}
    location = await leave(http, "POST", f"/threads/{thread_id}/runs/stream", after=b": heartbeat", json=body)
    server.until(lambda: status_of(server, location) == "interrupted", patience=5)
    assert (await client.runs.get(thread_id, first["run_id"]))["status"] == "running"
    await client.runs.cancel(thread_id, first["run_id"], wait=True)


async def test_a_client_that_stays_to_the_end_cancels_nothing(http: httpx.AsyncClient, server: Installation) -> None:
    body = {"assistant_id": "steps", "input": {"steps": 3}, "on_disconnect": "cancel"}
    for route in ("/runs/stream", "/runs/wait"):
        response = await http.post(route, json=body)
        assert status_of(server, response.headers["content-location"]) == "success"


async def test_hundreds_that_come_and_go_leave_the_server_well(http: httpx.AsyncClient, server: Installation) -> None:
    body = {"assistant_id": "sleepy", "input": {"seconds": 30}, "on_disconnect": "cancel"}
    leaving = (leave(http, "POST", "/runs/stream", after=b"event: metadata", json=body) for _ in range(100))
    locations = await asyncio.gather(*leaving)
    ids = [location.rsplit("/", 1)[1] for location in locations]
    active = "run_id = ANY(%s::uuid[]) AND status IN ('pending', 'running')"
    assert server.until(lambda: server.count(active, ids) == 0) < 10
    response = await http.post("/runs/wait", json={"assistant_id": "echo", "input": {"said": "still here"}})
    assert response.json()["said"] == "still here"
