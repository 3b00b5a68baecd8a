"""`get_client()` without an address, in a node, on a thread of a node, and in the application's web app."""

from typing import Any

import httpx
import pytest

from tests.support.installation import Installation

STREAMED = ["metadata", "values"]


async def made(http: httpx.AsyncClient, path: str = "") -> str:
    return str((await http.post(f"{path}/threads", json={})).json()["thread_id"])


@pytest.mark.parametrize("how", ["within", "early", "thread"])
async def test_a_node_asks_the_server_it_runs_in(outer: Installation, how: str) -> None:
    async with outer.http() as http:
        answer = await http.post("/runs/wait", json={"assistant_id": "asking", "input": {"how": how}})
        told: dict[str, Any] = answer.json()
        assert told["said"] == {"said": "within", "count": 1}
        assert told["events"][0] == "metadata"
        assert told["events"][-1] == "values"


@pytest.mark.parametrize("how", ["within", "early", "thread"])
async def test_a_node_asks_as_the_one_it_runs_for(mounted: Installation, how: str) -> None:
    async with mounted.http() as http:
        http.headers["authorization"] = "Bearer alice"
        hers = await made(http, "/pfx")
        http.headers["authorization"] = "Bearer bob"
        his = await made(http, "/pfx")
        body = {"assistant_id": "asking", "input": {"how": how}}
        told = (await http.post("/pfx/runs/wait", json=body)).json()
        assert his in told["found"]
        assert hers not in told["found"]
        within = (await http.post("/pfx/threads/search", json={"metadata": {"made": "within"}})).json()
        assert {thread["metadata"]["owner"] for thread in within} == {"bob"}


async def test_the_application_asks_as_its_caller(mounted: Installation) -> None:
    async with mounted.http() as http:
        http.headers["authorization"] = "Bearer alice"
        hers = await made(http, "/pfx")
        assert hers in (await http.get("/pfx/mine")).json()
        http.headers["authorization"] = "Bearer charlie"
        assert (await http.get("/pfx/mine")).json() == []


async def test_the_application_of_an_open_server_asks_as_anybody(outer: Installation) -> None:
    async with outer.http() as http:
        thread_id = await made(http)
        assert thread_id in (await http.get("/mine")).json()


async def test_a_handler_asks_as_the_one_it_judges(guarded: Installation) -> None:
    async with guarded.http() as http:
        for name in ("alice", "bob"):
            http.headers["authorization"] = f"Bearer {name}"
            await http.post("/assistants", json={"graph_id": "echo"})
        http.headers["authorization"] = "Bearer alice:asks"
        assert (await http.post("/threads", json={})).json()["metadata"]["found"] == ["alice"]


async def test_no_header_makes_a_client_somebody(mounted: Installation) -> None:
    async with mounted.http() as http:
        for name in ("langgraph_server.caller", "x-langgraph-server-caller", "x-auth-scheme"):
            assert (await http.post("/pfx/threads", json={}, headers={name: "alice"})).status_code == 401
        assert (await http.post("/pfx/noauth/threads", json={})).status_code == 401
