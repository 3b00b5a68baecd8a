"""The application's own web app: its routes, middleware and lifespan beside the API."""

from collections.abc import AsyncIterator

import httpx
import pytest

from langgraph_server.config.http import Headers, HttpConfig, parse
from langgraph_server.errors import ConfigurationError
from tests.support.installation import Installation

ORIGIN = "https://a.example"


@pytest.fixture
async def http(outer: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with outer.http() as http:
        yield http


async def test_its_routes_are_served_beside_the_apis(http: httpx.AsyncClient) -> None:
    assert (await http.get("/hello/world")).json() == {"hello": "world", "state": "by the lifespan"}
    assert (await http.post("/threads", json={})).status_code == 200
    assert (await http.get("/nope")).json() == {"detail": "Not Found"}


async def test_its_routes_may_stand_in_front_of_the_apis_but_not_of_all(http: httpx.AsyncClient) -> None:
    assert (await http.get("/threads/count")).json() == {"mine": "too"}
    assert (await http.post("/threads/count", json={})).json() >= 0
    assert (await http.get("/info")).json() == {"mine": "info"}
    assert (await http.get("/ok")).json()["ok"] is True
    assert (await http.get("/docs")).text.count("drf_spectacular") > 0


async def test_a_method_that_neither_has_is_not_allowed(http: httpx.AsyncClient) -> None:
    assert (await http.delete("/hello/world")).status_code == 405
    assert (await http.put("/threads/search", json={})).status_code == 405


async def test_its_middleware_sees_every_response(http: httpx.AsyncClient) -> None:
    run = {"assistant_id": "echo", "input": {"said": 1}}
    for response in (
        await http.get("/hello/world"),
        await http.get("/ok"),
        await http.get("/nope"),
        await http.post("/threads/search", json={}),
        await http.post("/runs/stream", json=run),
    ):
        assert response.headers["x-outer"] == "nobody", response.url


async def test_its_bug_is_its_own(outer: Installation) -> None:
    """The connection is closed after it, as the wire has it."""
    for path, status in (("/raises", 500), ("/hello/world", 200)):
        async with outer.http() as http:
            assert (await http.get(path)).status_code == status


async def test_its_routes_are_described_with_the_apis(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert {"/hello/{name}", "/mine", "/threads", "/runs/stream"} <= set(paths)


async def test_its_cors_rules_hold_for_all_and_lack_nothing_that_clients_need(http: httpx.AsyncClient) -> None:
    for path in ("/hello/world", "/ok", "/nope"):
        response = await http.get(path, headers={"origin": ORIGIN})
        assert response.headers["access-control-allow-origin"] == ORIGIN, path
        assert response.headers["access-control-allow-credentials"] == "true"
        exposed = {word.strip().lower() for word in response.headers["access-control-expose-headers"].split(",")}
        assert {"x-mine", "content-location", "location", "x-pagination-total", "retry-after"} <= exposed
        stranger = await http.get(path, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
    asked = {"access-control-request-method": "DELETE", "access-control-request-headers": "x-api-key,authorization"}
    allowed = await http.options("/threads/search", headers={"origin": ORIGIN, **asked})
    assert (allowed.status_code, allowed.text) == (200, "OK")
    refused = await http.options("/threads/search", headers={"origin": "https://evil.example", **asked})
    assert (refused.status_code, refused.text) == (400, "Disallowed CORS origin")


async def test_chosen_headers_reach_the_graph_and_no_others(http: httpx.AsyncClient) -> None:
    headers = {"X-Foo-Bar": "1", "x-foo-secret": "2", "x-other": "3", "x-api-key": "4"}
    body = {"assistant_id": "asking", "input": {}}
    for response in (
        await http.post("/runs/wait", json=body, headers=headers),
        await http.post(f"/threads/{await thread(http)}/runs/wait", json=body, headers=headers),
    ):
        assert response.json()["headers"] == {"x-foo-bar": "1"}


async def test_chosen_headers_reach_a_factory_that_is_asked_for_a_graph_to_look_at(http: httpx.AsyncClient) -> None:
    thread_id = await thread(http)
    await http.patch(f"/threads/{thread_id}", json={"metadata": {"graph_id": "made"}})
    calls = [
        ("GET", "/assistants/made/graph", None),
        ("GET", f"/threads/{thread_id}/state", None),
        ("POST", f"/threads/{thread_id}/history", {}),
        ("POST", f"/threads/{thread_id}/state", {"values": {"how": "loop"}}),
    ]
    for place, (method, path, body) in enumerate(calls):
        headers = {"x-foo-place": str(place), "x-foo-secret": "2"}
        response = await http.request(method, path, json=body, headers=headers)
        assert response.status_code == 200, response.text

    assert (await http.get("/seen")).json()[-4:] == [{"x-foo-place": str(place)} for place in range(4)]


async def test_requests_are_logged_with_the_headers_that_are_wished_for(outer: Installation) -> None:
    async with outer.http() as http:
        await http.get("/hello/logged", headers={"x-trace-id": "t1", "x-api-key": "secret"})
    (web,) = [process for process in outer.processes if process.name == "web"]
    outer.until(lambda: [each for each in web.records() if each.get("path") == "/hello/logged"])
    (record,) = [each for each in web.records() if each.get("path") == "/hello/logged"]
    assert record["headers"] == {"x-trace-id": "t1"}
    assert record["status"] == "200"


async def test_requests_of_its_routes_are_counted_by_template(http: httpx.AsyncClient) -> None:
    await http.get("/hello/counted")
    counted = (await http.get("/metrics?format=json")).json()["api"]["http_requests_total"]
    assert "/hello/{name}" in {each["path"] for each in counted}


async def thread(http: httpx.AsyncClient) -> str:
    return str((await http.post("/threads", json={})).json()["thread_id"])


async def test_behind_a_prefix_everything_stands_below_it(mounted: Installation) -> None:
    async with mounted.http() as http:
        http.headers["authorization"] = "Bearer alice"
        for path in ("/", "/ok", "/metrics", "/pfx/ok", "/pfx/info", "/pfx/hello/x"):
            assert (await http.get(path)).status_code == 200, path
        assert (await http.post("/pfx/threads", json={})).status_code == 200
        for path in ("/threads/search", "/info", "/hello/x", "/pfxthreads", "/docs"):
            assert (await http.post(path, json={})).status_code == 404, path
        page = await http.get("/pfx/docs")
        assert "/pfx/static/" in page.text
        assert (await http.get("/pfx/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css")).status_code == 200
        assert (await http.get("/pfx/admin/")).headers["location"].startswith("/pfx/admin/login/")
    async with mounted.client(headers={"authorization": "Bearer alice"}) as client:
        client.http.client.base_url = httpx.URL(f"{mounted.url}/pfx")
        parts = [part.event async for part in client.runs.stream(None, "echo", input={"said": 1})]
        assert parts[-1] == "values"


async def test_routes_that_are_switched_off_are_not_there(mounted: Installation) -> None:
    async with mounted.http() as http:
        http.headers["authorization"] = "Bearer alice"
        for method, path in (
            ("PUT", "/pfx/store/items"),
            ("POST", "/pfx/store/namespaces"),
            ("POST", "/pfx/assistants/search"),
            ("GET", "/pfx/assistants/echo/schemas"),
        ):
            response = await http.request(method, path, content=b"{}")
            assert (response.status_code, response.json()) == (404, {"detail": "Not Found"}), path
        described = (await http.get("/pfx/openapi.json")).json()["paths"]
        assert not [path for path in described if "store" in path or "/assistants" in path]


async def test_its_routes_and_its_middleware_know_who_calls(mounted: Installation) -> None:
    async with mounted.http() as http:
        assert (await http.get("/pfx/hello/x")).status_code == 401
        assert (await http.get("/pfx/nope")).status_code == 401
        assert (await http.get("/ok")).status_code == 200
        assert (await http.get("/pfx/admin/login/")).status_code == 200
        assert (await http.get("/pfx/static/admin/css/base.css")).status_code == 200
        http.headers["authorization"] = "Bearer bob"
        assert (await http.get("/pfx/hello/x")).headers["x-outer"] == "bob"
        assert (await http.post("/pfx/threads/search", json={})).headers["x-outer"] == "bob"
        assert (await http.get("/pfx/ok")).headers["x-outer"] == "nobody"


async def test_a_guarded_app_answers_preflights(mounted: Installation) -> None:
    async with mounted.http() as http:
        asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
        assert (await http.options("/pfx/threads", headers=asked)).status_code == 200


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        ({"includes": ["*"]}, {"x-a", "x-b"}),
        ({"include": ["X-*"], "exclude": ["x-b"]}, {"x-a"}),
        ({"includes": ["authorization", "x-api-key"]}, {"authorization"}),
        ({"includes": ["x-?"]}, set()),
        ({}, set()),
    ],
)
def test_headers_are_chosen_by_name(names: dict[str, list[str]], chosen: set[str]) -> None:
    headers = {"x-a": "1", "x-b": "2", "authorization": "3", "x-api-key": "4", "cookie": "5"}
    assert set(Headers.of(names, "http.configurable_headers").chosen(headers)) == chosen


@pytest.mark.parametrize(
    "section",
    [
        {"mount_prefix": "pfx"},
        {"mount_prefix": "/noauth"},
        {"disable_store": "yes"},
        {"middleware_order": "last"},
        {"cors": []},
        {"app": 5},
        {"configurable_headers": ["x"]},
        {"logging_headers": {"includes": "x"}},
    ],
    ids=str,
)
def test_what_cannot_be_meant_stops_the_start(section: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="http"):
        parse(section)


@pytest.mark.parametrize(
    ("pattern", "group"),
    [
        ("threads/<str:thread_id>/runs/wait", "runs"),
        ("threads/<str:thread_id>/state", "threads"),
        ("runs/crons", "runs"),
        ("store/items", "store"),
        ("info", "meta"),
    ],
)
def test_a_group_takes_its_routes_away(pattern: str, group: str) -> None:
    assert HttpConfig(disabled=frozenset({group})).offers(pattern) is False
    assert HttpConfig(disabled=frozenset({"mcp"})).offers(pattern) is True
