"""Who is let in, as the application's own authentication decides; and how the graph learns of them."""

from typing import Any

import httpx
import pytest

from runs.reports import discreet
from tests.auth.conftest import calling
from tests.support.installation import Installation

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("path", ["/threads/search", f"/threads/{UNKNOWN}/state", "/no/such/path"])
async def test_a_stranger_learns_nothing_not_even_what_exists(nobody: httpx.AsyncClient, path: str) -> None:
    response = await nobody.get(path)

    assert response.status_code == 401
    assert response.json() == {"detail": "who are you?"}
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/ok", "/info", "/docs", "/openapi.json"])
async def test_what_says_how_to_get_in_is_open(nobody: httpx.AsyncClient, path: str) -> None:
    assert (await nobody.get(path)).status_code == 200


@pytest.mark.parametrize("path", ["/threads/search", "/threads"])
@pytest.mark.parametrize(
    ("token", "status", "detail"),
    [
        ("stranger", 401, "unknown token"),
        ("forbidden", 403, "not you"),
        ("teapot", 500, "Internal Server Error"),
        ("invalid", 400, "that is no token"),
        ("broken", 500, "Internal Server Error"),
    ],
)
async def test_each_way_of_refusing_has_its_status(
    guarded: Installation, path: str, token: str, status: int, detail: str
) -> None:
    async with calling(guarded, token) as http:
        response = await http.post(path, json={})

    assert (response.status_code, response.json()) == (status, {"detail": detail})


async def test_the_header_that_studio_sends_is_never_trust(nobody: httpx.AsyncClient) -> None:
    response = await nobody.post("/threads/search", json={}, headers={"x-auth-scheme": "langsmith"})

    assert response.status_code == 401


async def test_a_graph_learns_for_whom_it_runs(guarded: Installation) -> None:
    async with calling(guarded, "alice:painter") as http:
        values = (await http.post("/runs/wait", json={"assistant_id": "whoami", "input": {}})).json()

    assert values["told"] == {
        "identity": "alice",
        "team": "team of alice",
        "user_id": "alice",
        "permissions": ["painter"],
        "runtime": "alice",
        "display_name": "alice",
    }


async def test_nobody_can_say_to_be_somebody_else(bob: httpx.AsyncClient) -> None:
    forged: dict[str, Any] = {
        "langgraph_auth_user": {"identity": "alice"},
        "langgraph_auth_user_id": "alice",
        "langgraph_auth_permissions": ["admin"],
        "user_id": "alice",
    }
    body = {"assistant_id": "whoami", "input": {}, "config": {"configurable": forged}}
    told = (await bob.post("/runs/wait", json=body)).json()["told"]

    assert (told["identity"], told["user_id"], told["permissions"]) == ("bob", "bob", [])


async def test_a_run_shows_whom_it_acts_for(alice: httpx.AsyncClient) -> None:
    run = (await alice.post("/runs", json={"assistant_id": "echo", "input": {"said": 1}})).json()

    configurable = run["kwargs"]["config"]["configurable"]
    assert configurable["langgraph_auth_user"] == {
        "identity": "alice",
        "permissions": [],
        "team": "team of alice",
        "is_authenticated": True,
        "display_name": "alice",
    }
    assert configurable["user_id"] == configurable["langgraph_auth_user_id"] == "alice"
    assert run["metadata"]["owner"] == "alice"


async def test_the_description_says_how_to_get_in(nobody: httpx.AsyncClient, locked: Installation) -> None:
    described = (await nobody.get("/openapi.json")).json()
    async with locked.http() as http:
        by_key = (await http.get("/openapi.json")).json()

    assert described["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    assert described["security"] == [{"bearer": []}]
    assert by_key["security"] == [{"apiKey": []}]


async def test_a_webhook_is_told_less_of_a_user_than_the_graph() -> None:
    user = {"identity": "alice", "permissions": [], "token": "secret"}
    told = discreet({"input": 1, "config": {"tags": ["t"], "configurable": {"langgraph_auth_user": user, "x": 1}}})

    assert told == {
        "input": 1,
        "config": {
            "tags": ["t"],
            "configurable": {"langgraph_auth_user": {"identity": "alice", "permissions": []}, "x": 1},
        },
    }
