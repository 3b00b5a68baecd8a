"""Every route there is asks who calls, whoever decides that."""

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from langgraph_server.api.streaming import METHODS
from tests.support.installation import Installation
from tests.support.routes import filled, parameters, patterns, sockets

#: What says how to get in, and what has a login of its own.
OPEN = {"", "ok", "info", "docs", "openapi.json", "metrics", "admin"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_the_tables_are_walked_whole() -> None:
    assert {"threads", "threads/search", "runs/crons", "store/items", "runs/batch", "assistants"} <= set(patterns())


@pytest.mark.parametrize("pattern", sorted(set(patterns()) - OPEN))
@pytest.mark.parametrize("door", ["guarded", "locked"])
async def test_no_route_answers_a_stranger(door: str, pattern: str, request: pytest.FixtureRequest) -> None:
    installation: Installation = request.getfixturevalue(door)
    path = filled(pattern, dict.fromkeys(parameters(pattern), UNKNOWN))
    async with installation.http() as http:
        for method in METHODS:
            response = await http.request(method, path, content=b"{}")
            assert response.status_code == 401, (method, path)
            assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("pattern", sockets())
async def test_no_websocket_opens_for_a_stranger(guarded: Installation, pattern: str) -> None:
    path = filled(pattern, dict.fromkeys(parameters(pattern), UNKNOWN))
    with pytest.raises(InvalidStatus) as refused:
        await connect(guarded.url.replace("http", "ws") + path)
    assert refused.value.response.status_code == 403


async def test_what_is_open_tells_no_secrets(guarded: Installation, locked: Installation) -> None:
    for installation in (guarded, locked):
        async with installation.http() as http:
            for path in sorted(OPEN - {"metrics"}):
                response = await http.get(f"/{path}")
                assert response.status_code in {200, 302}, path
                assert "alice" not in response.text


@pytest.mark.parametrize("header", [{}, {"x-api-key": ""}, {"x-api-key": "lgs_000000000000_wrong"}])
async def test_an_admin_page_is_no_way_around(locked: Installation, header: dict[str, str]) -> None:
    async with locked.http() as http:
        response: httpx.Response = await http.get("/admin/threads/thread/", headers=header)
    assert response.status_code == 302
    assert "/admin/login/" in response.headers["location"]
