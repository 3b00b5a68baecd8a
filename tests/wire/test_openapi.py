"""The API describes itself, and what it describes is there."""

import re
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

#: What only Django's half of the routes would leave out (langgraph_server.routing).
WAITING = {
    "/runs/stream": "post",
    "/runs/wait": "post",
    "/threads/{thread_id}/runs/stream": "post",
    "/threads/{thread_id}/runs/wait": "post",
    "/threads/{thread_id}/runs/{run_id}/stream": "get",
    "/threads/{thread_id}/runs/{run_id}/join": "get",
    "/threads/{thread_id}/runs/{run_id}/cancel": "post",
    "/threads/{thread_id}/state": "get",
}
#: What the wire's contract has, as far as this server has it (docs/reference/endpoints.md).
CONTRACT = {
    "/ok": "get",
    "/info": "get",
    "/metrics": "get",
    "/assistants": "post",
    "/assistants/search": "post",
    "/assistants/count": "post",
    "/assistants/{assistant_id}": "get patch delete",
    "/assistants/{assistant_id}/graph": "get",
    "/assistants/{assistant_id}/schemas": "get",
    "/assistants/{assistant_id}/subgraphs": "get",
    "/assistants/{assistant_id}/subgraphs/{namespace}": "get",
    "/assistants/{assistant_id}/versions": "post",
    "/assistants/{assistant_id}/latest": "post",
    "/threads": "post",
    "/threads/search": "post",
    "/threads/count": "post",
    "/threads/prune": "post",
    "/threads/{thread_id}": "get patch delete",
    "/threads/{thread_id}/copy": "post",
    "/threads/{thread_id}/storage": "get",
    "/threads/{thread_id}/state": "get post",
    "/threads/{thread_id}/state/checkpoint": "post",
    "/threads/{thread_id}/state/{checkpoint_id}": "get",
    "/threads/{thread_id}/history": "get post",
    "/threads/{thread_id}/stream": "get",
    "/threads/{thread_id}/stream/events": "post",
    "/threads/{thread_id}/commands": "post",
    "/threads/{thread_id}/runs": "get post",
    "/threads/{thread_id}/runs/stream": "post",
    "/threads/{thread_id}/runs/wait": "post",
    "/threads/{thread_id}/runs/crons": "post",
    "/threads/{thread_id}/runs/{run_id}": "get delete",
    "/threads/{thread_id}/runs/{run_id}/cancel": "post",
    "/threads/{thread_id}/runs/{run_id}/join": "get",
    "/threads/{thread_id}/runs/{run_id}/stream": "get",
    "/runs": "post",
    "/runs/batch": "post",
    "/runs/cancel": "post",
    "/runs/stream": "post",
    "/runs/wait": "post",
    "/runs/{run_id}": "get",
    "/runs/{run_id}/stream": "get",
    "/runs/crons": "post",
    "/runs/crons/search": "post",
    "/runs/crons/count": "post",
    "/runs/crons/{cron_id}": "get patch delete",
    "/store/items": "get put delete",
    "/store/items/search": "post",
    "/store/namespaces": "post",
}
METHODS = {"get", "post", "put", "patch", "delete"}


async def document(http: httpx.AsyncClient) -> dict[str, Any]:
    response = await http.get("/openapi.json")
    assert response.status_code == 200
    described: dict[str, Any] = response.json()
    return described


async def test_the_document_is_openapi_3(http: httpx.AsyncClient) -> None:
    described = await document(http)
    assert described["openapi"].startswith("3.")
    assert {"title", "version"} <= set(described["info"])
    for path in ("/threads", "/threads/search", "/threads/{thread_id}", "/threads/{thread_id}/runs", "/runs"):
        assert path in described["paths"]


async def test_all_of_the_contract_is_described(http: httpx.AsyncClient) -> None:
    paths = (await document(http))["paths"]
    missing = {path: words for path, words in CONTRACT.items() if not set(words.split()) <= set(paths.get(path, {}))}
    assert missing == {}


async def test_bodies_are_described_as_what_the_route_takes(http: httpx.AsyncClient) -> None:
    described = await document(http)
    for path, names in {
        "/assistants/search": {"graph_id", "select"},
        "/runs/crons/search": {"assistant_id", "enabled"},
        "/store/items/search": {"namespace_prefix", "query"},
        "/threads/search": {"ids", "extract"},
    }.items():
        content = described["paths"][path]["post"]["requestBody"]["content"]
        assert set(content) == {"application/json"}
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert names <= set(described["components"]["schemas"][name]["properties"])


async def test_every_described_route_answers_its_method(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    run = await client.runs.create(thread_id, "echo", input={"said": 1})
    await client.runs.join(thread_id, run["run_id"])
    known = {"thread_id": thread_id, "run_id": run["run_id"]}
    described = await document(http)
    routes = [(path, method) for path, item in described["paths"].items() for method in METHODS & set(item)]
    assert len(routes) >= 8
    # What deletes comes last, runs before threads.
    for path, method in sorted(routes, key=lambda route: (route[1] == "delete", -len(route[0]))):
        filled = re.sub(r"{(\w+)}", lambda match: known.get(match[1], "unknown"), path)
        # Streams may never end; what matters stands in the head.
        async with http.stream(method, filled, content=b"{}" if method != "get" else None) as response:
            told = await response.aread() if response.status_code >= 400 else b""
        assert response.status_code != 405, (method, path)
        assert response.status_code < 500, (method, path)
        assert b'"Not Found"' not in told, (method, path)


@pytest.mark.parametrize(("path", "method"), WAITING.items())
async def test_routes_that_wait_are_described_too(http: httpx.AsyncClient, path: str, method: str) -> None:
    assert method in (await document(http))["paths"].get(path, {})


async def test_the_docs_load_nothing_from_elsewhere_and_run_nothing_within_the_page(http: httpx.AsyncClient) -> None:
    page = await http.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<style" not in page.text
    assert "style=" not in page.text
    assert re.findall(r"<script(?![^>]*src=)", page.text) == []
    sources = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert sources
    for source in sources:
        assert source.startswith("/"), source
        assert (await http.get(source)).status_code == 200


async def test_ok_and_info_are_open(http: httpx.AsyncClient) -> None:
    for path in ("/", "/ok"):
        assert (await http.get(path)).json()["ok"] is True
    checked = await http.get("/ok?check_db=1")
    assert checked.json() == {"ok": True, "services": {"postgres": "healthy", "redis": "healthy"}}
    assert (await http.get("/ok?check_db=yes")).status_code == 400
    info = (await http.get("/info")).json()
    assert set(info) == {"version", "langgraph_py_version", "flags", "host"}
    assert info["flags"]["assistants"] is True
