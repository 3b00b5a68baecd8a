"""What a client does wrong is told in one sentence, with the right status; nothing it sends is a server error."""

import gzip
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

NOWHERE = "00000000-0000-4000-8000-000000000000"
RUN_ROUTES = ["/threads/{thread_id}/runs", "/threads/{thread_id}/runs/wait", "/threads/{thread_id}/runs/stream"]
STATELESS_ROUTES = ["/runs", "/runs/wait", "/runs/stream"]
BODY_ROUTES = ["/threads", "/threads/search", *RUN_ROUTES, *STATELESS_ROUTES]
OPTIONAL = [
    "metadata",
    "config",
    "context",
    "webhook",
    "interrupt_before",
    "interrupt_after",
    "stream_mode",
    "stream_subgraphs",
    "stream_resumable",
    "after_seconds",
    "durability",
    "checkpoint_during",
    "feedback_keys",
]
OF_THREADS = ["checkpoint", "multitask_strategy", "if_not_exists"]
MAX_BODY = 2**20


async def send(http: httpx.AsyncClient, route: str, thread_id: str, content: bytes) -> httpx.Response:
    return await http.post(route.format(thread_id=thread_id), content=content)


def assert_told(response: httpx.Response, status: int, detail: str = "") -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    told = response.json()
    assert list(told) == ["detail"]
    assert isinstance(told["detail"], str)
    assert detail in told["detail"]


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize("content", [b"", b"{", b"not json", b"\xff\xfe", b'{"a":NaN}', b'{"a":1}x', b"\x1f\x8b\x08"])
async def test_a_body_that_is_no_json_is_refused(
    http: httpx.AsyncClient, thread_id: str, route: str, content: bytes
) -> None:
    assert_told(await send(http, route, thread_id, content), 422, "Invalid JSON in request body")


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize("content", [b"[]", b"1", b'"x"', b"null", b"true"])
async def test_a_body_that_is_no_object_is_refused(
    http: httpx.AsyncClient, thread_id: str, route: str, content: bytes
) -> None:
    assert_told(await send(http, route, thread_id, content), 422)


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(b'"a\\u0000b"', id="NUL"),
        pytest.param(b'{"a\\u0000b":1}', id="NUL in a key"),
        pytest.param(b'"\\ud800"', id="lone surrogate"),
        pytest.param(b"9" * 40, id="huge integer"),
        pytest.param(b"-9223372036854775809", id="one below 64 bits"),
        pytest.param(b"[" * 200 + b"]" * 200, id="nested deeply"),
        pytest.param(b'{"a":' * 150 + b"1" + b"}" * 150, id="objects nested deeply"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="nested beyond reason"),
    ],
)
async def test_what_neither_postgres_nor_a_graph_can_hold_is_refused(
    http: httpx.AsyncClient, thread_id: str, route: str, poison: bytes
) -> None:
    content = b'{"assistant_id":"echo","metadata":{"x":%b},"input":{"said":%b}}' % (poison, poison)
    assert_told(await send(http, route, thread_id, content), 422)


@pytest.mark.parametrize("route", [*RUN_ROUTES, *STATELESS_ROUTES])
@pytest.mark.parametrize("field", OPTIONAL)
async def test_an_optional_field_may_be_absent_but_not_null(
    http: httpx.AsyncClient, thread_id: str, route: str, field: str
) -> None:
    content = orjson.dumps({"assistant_id": "echo", "input": {}, field: None})
    assert_told(await send(http, route, thread_id, content), 422, field)


@pytest.mark.parametrize("route", RUN_ROUTES)
@pytest.mark.parametrize("field", OF_THREADS)
async def test_fields_of_thread_runs_may_not_be_null_either(
    http: httpx.AsyncClient, thread_id: str, route: str, field: str
) -> None:
    content = orjson.dumps({"assistant_id": "echo", "input": {}, field: None})
    assert_told(await send(http, route, thread_id, content), 422, field)


async def test_some_fields_may_be_null(http: httpx.AsyncClient, thread_id: str) -> None:
    nulls = {"command": None, "checkpoint_id": None, "langsmith_tracer": None, "on_completion": None}
    response = await http.post(
        f"/threads/{thread_id}/runs/wait", json={"assistant_id": "echo", "input": {"said": None}, **nulls}
    )
    assert response.json() == {"said": None, "count": 1}


async def test_unknown_fields_are_ignored_everywhere(http: httpx.AsyncClient, thread_id: str) -> None:
    odd = {"unheard_of": {"x": [1]}, "strict_resume": True}
    assert (await http.post("/threads", json=odd)).status_code == 200
    assert (await http.post("/threads/search", json={**odd, "limit": 1})).status_code == 200
    for route in [*RUN_ROUTES, *STATELESS_ROUTES]:
        body = {"assistant_id": "echo", "input": {}, **odd}
        assert (await http.post(route.format(thread_id=thread_id), json=body)).status_code == 200


@pytest.mark.parametrize("route", [*RUN_ROUTES, *STATELESS_ROUTES])
@pytest.mark.parametrize(
    "wrong",
    [
        {"assistant_id": 5},
        {"assistant_id": ""},
        {"stream_mode": "tools"},
        {"stream_mode": ["values", "lifecycle"]},
        {"stream_mode": 1},
        {"stream_subgraphs": "yes"},
        {"stream_resumable": 1},
        {"interrupt_before": "approve"},
        {"interrupt_after": [1]},
        {"metadata": []},
        {"config": {"recursion_limit": "x"}},
        {"config": {"recursion_limit": 0}},
        {"config": {"tags": "t"}},
        {"config": {"configurable": []}},
        {"command": "go"},
        {"after_seconds": -1},
        {"after_seconds": 1e300},
        {"after_seconds": "soon"},
        {"durability": "forever"},
        {"on_disconnect": "explode"},
    ],
    ids=str,
)
async def test_a_field_of_the_wrong_kind_is_refused(
    http: httpx.AsyncClient, thread_id: str, route: str, wrong: dict[str, Any]
) -> None:
    content = orjson.dumps({"assistant_id": "echo", "input": {}, **wrong})
    assert_told(await send(http, route, thread_id, content), 422)


@pytest.mark.parametrize("route", [*RUN_ROUTES, *STATELESS_ROUTES])
async def test_an_assistant_must_be_named(http: httpx.AsyncClient, thread_id: str, route: str) -> None:
    assert_told(await send(http, route, thread_id, b'{"input":{}}'), 422, "assistant_id")


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"checkpoint_id": "nope"}, "Invalid checkpoint ID"),
        ({"checkpoint": "x"}, "checkpoint"),
        ({"multitask_strategy": "fight"}, "multitask_strategy"),
        ({"if_not_exists": "hope"}, "if_not_exists"),
    ],
)
@pytest.mark.parametrize("route", RUN_ROUTES)
async def test_fields_of_thread_runs_are_checked(
    http: httpx.AsyncClient, thread_id: str, route: str, wrong: dict[str, Any], detail: str
) -> None:
    content = orjson.dumps({"assistant_id": "echo", "input": {}, **wrong})
    assert_told(await send(http, route, thread_id, content), 422, detail)


@pytest.mark.parametrize(
    "checkpoint", [{"checkpoint_id": 5}, {"checkpoint_id": "nope"}, {"checkpoint_ns": ["x"]}], ids=str
)
@pytest.mark.parametrize("route", RUN_ROUTES)
async def test_an_odd_checkpoint_never_hurts(
    http: httpx.AsyncClient, thread_id: str, route: str, checkpoint: dict[str, Any]
) -> None:
    content = orjson.dumps({"assistant_id": "echo", "input": {"said": 1}, "checkpoint": checkpoint})
    response = await send(http, route, thread_id, content)
    assert response.status_code in {200, 422}


@pytest.mark.parametrize("route", BODY_ROUTES)
@pytest.mark.parametrize("chunked", [True, False])
async def test_a_body_beyond_the_limit_is_too_large(
    http: httpx.AsyncClient, thread_id: str, route: str, chunked: bool
) -> None:
    body = orjson.dumps({"assistant_id": "echo", "input": {"said": "x" * (MAX_BODY + 1)}})

    async def pieces() -> Any:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    path = route.format(thread_id=thread_id)
    response = await http.post(path, content=pieces() if chunked else body)
    assert_told(response, 413, f"Request body too large (limit: {MAX_BODY} bytes)")


async def test_a_body_just_below_the_limit_is_accepted(http: httpx.AsyncClient, thread_id: str) -> None:
    said = "x" * (MAX_BODY - 200)
    response = await http.post(
        f"/threads/{thread_id}/runs/wait", json={"assistant_id": "echo", "input": {"said": said}}
    )
    assert response.json()["said"] == said


async def test_compressed_bodies_are_not_opened(http: httpx.AsyncClient) -> None:
    bomb = gzip.compress(b'{"metadata":{}}' + b" " * 2**20)
    response = await http.post("/threads", content=bomb, headers={"content-encoding": "gzip"})
    assert response.status_code in {415, 422}


async def test_the_content_type_does_not_matter(http: httpx.AsyncClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "nonsense", "multipart/form-data"):
        response = await http.post("/threads", content=b"{}", headers={"content-type": content_type})
        assert response.status_code == 200, content_type


@pytest.mark.parametrize("path", ["/nope", "/threads/x/y/z", "/runs/x/y/z", "/threads%2F", "/.env", "/admin.php"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_an_unknown_path_is_not_found(http: httpx.AsyncClient, path: str, method: str) -> None:
    assert_told(await http.request(method, path), 404, "Not Found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/threads", {"POST"}),
        ("GET", "/threads/search", {"POST"}),
        ("POST", "/threads/{thread_id}", {"GET", "DELETE"}),
        ("PUT", "/threads/{thread_id}/runs", {"GET", "POST"}),
        ("GET", "/runs", {"POST"}),
        ("GET", "/threads/{thread_id}/runs/wait", {"POST"}),
        ("DELETE", "/runs/stream", {"POST"}),
        ("POST", f"/threads/{{thread_id}}/runs/{NOWHERE}/join", {"GET"}),
        ("POST", f"/threads/{{thread_id}}/runs/{NOWHERE}/stream", {"GET"}),
        ("GET", f"/threads/{{thread_id}}/runs/{NOWHERE}/cancel", {"POST"}),
        ("DELETE", "/threads/{thread_id}/state", {"GET"}),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    http: httpx.AsyncClient, thread_id: str, method: str, path: str, allowed: set[str]
) -> None:
    response = await http.request(method, path.format(thread_id=thread_id))
    assert_told(response, 405, "Method Not Allowed")
    assert allowed <= {word.strip() for word in response.headers["allow"].split(",")}


async def test_a_trailing_slash_is_redirected(http: httpx.AsyncClient, thread_id: str) -> None:
    for path in (f"/threads/{thread_id}", f"/threads/{thread_id}/state", "/ok"):
        response = await http.get(f"{path}/")
        assert response.status_code == 307, path
        assert response.headers["location"].endswith(path)


@pytest.mark.parametrize(
    "query",
    [
        "?limit=-1",
        "?limit=99999999999999999999",
        "?limit=1e3",
        "?limit=",
        "?offset=-1",
        "?offset=abc",
        "?offset=99999999999999999999",
        "?limit=%00",
        "?limit=٣",
    ],
)
async def test_an_odd_page_is_a_bad_request(http: httpx.AsyncClient, thread_id: str, query: str) -> None:
    response = await http.get(f"/threads/{thread_id}/runs{query}")
    assert response.status_code in {200, 400, 422}
    assert isinstance(response.json(), (list, dict))


@pytest.mark.parametrize(
    "query", ["?status=%00", "?status=%FF%FE", "?select=%00", "?x[]=1&x[]=2", "?" + "a=1&" * 500, "?%", "?=&&=&"]
)
async def test_an_odd_query_never_hurts(http: httpx.AsyncClient, thread_id: str, query: str) -> None:
    for path in (f"/threads/{thread_id}/runs", f"/threads/{thread_id}/state", f"/threads/{thread_id}"):
        response = await http.get(path + query)
        assert response.status_code < 500, (path, response.text)


@pytest.mark.parametrize("odd", ["%FF", "%00", "%0d%0aX-Injected:1", "%F0%9F%99%82", "a" * 4000, "%2e%2e%2f"])
@pytest.mark.parametrize(
    "template", ["/threads/{}", "/threads/{}/runs/wait", "/threads/{}/runs", "/runs/{}/join", "/{}"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_odd_path_never_hurts(http: httpx.AsyncClient, odd: str, template: str, method: str) -> None:
    response = await http.request(method, template.format(odd), content=b'{"assistant_id":"echo"}')
    assert 400 <= response.status_code < 500, response.text
    assert "x-injected" not in response.headers


async def test_odd_headers_never_hurt(http: httpx.AsyncClient, thread_id: str) -> None:
    headers: dict[str, str] = {
        "x-request-id": "x" * 8000,
        "x-api-key": "",
        "x-auth-scheme": "langsmith",
        "authorization": "Bearer ?",
        "accept": "application/xml;q=0",
        "origin": "null",
        "prefer": "return=nothing",
        "if-modified-since": "yesterday",
        "range": "bytes=0-",
    }
    for response in (
        await http.get(f"/threads/{thread_id}", headers=headers),
        await http.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "echo", "input": {}}, headers=headers),
    ):
        assert response.status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        "🙂",
        "\u2028",
        "\\u0000",
        "\\",
        '"',
        "</script>",
        "x" * 100_000,
        2**63 - 1,
        -(2**63),
        1e308,
        -0.0,
    ],
)
async def test_unusual_values_come_back_as_they_went_in(http: httpx.AsyncClient, thread_id: str, said: Any) -> None:
    body = {"assistant_id": "echo", "input": {"said": said}, "metadata": {"said": said}}
    response = await http.post(f"/threads/{thread_id}/runs/wait", json=body)
    assert response.json()["said"] == said
    assert (await http.get(f"/threads/{thread_id}")).json()["values"]["said"] == said


# --- while executing


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [("spoken", "ValueError", "boom!"), ("masked", "SecretError", "An internal error occurred")],
)
async def test_only_errors_meant_for_clients_speak(
    http: httpx.AsyncClient, thread_id: str, how: str, error: str, message: str
) -> None:
    body = {"assistant_id": "failing", "input": {"how": how}}
    waited = await http.post(f"/threads/{thread_id}/runs/wait", json=body)
    thread = await http.get(f"/threads/{thread_id}")
    streamed = await http.post(f"/threads/{thread_id}/runs/stream", json=body)

    assert waited.status_code == 200
    assert waited.json() == {"__error__": {"error": error, "message": message}}
    assert thread.json()["error"] == {"error": error, "message": message}
    assert f'event: error\r\ndata: {{"error":"{error}","message":"{message}"}}\r\n\r\n' in streamed.text
    told = waited.text + thread.text + streamed.text
    assert ("password" in told) is False


@pytest.mark.parametrize("odd", [5, "text", [1, 2], [["said", 1]], {"unknown": 1}, True])
async def test_an_input_of_the_wrong_shape_is_the_runs_error_not_the_servers(
    http: httpx.AsyncClient, thread_id: str, odd: Any
) -> None:
    response = await http.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "echo", "input": odd})
    assert response.status_code == 200
    assert isinstance(response.json(), dict)


@pytest.mark.parametrize(
    "command",
    [
        {"goto": "nowhere"},
        {"goto": {"node": "echo"}},
        {"goto": [{"node": "nowhere", "input": 1}]},
        {"update": 5},
        {"bogus": 1},
        {"goto": 5},
        {"goto": {"input": 1}},
        {"goto": [[]]},
        {"resume": {}},
    ],
    ids=str,
)
async def test_an_odd_command_ends_the_run_not_the_worker(
    http: httpx.AsyncClient, thread_id: str, command: dict[str, Any]
) -> None:
    await http.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "echo", "input": {"said": 1}})
    body = {"assistant_id": "echo", "command": command}
    response = await http.post(f"/threads/{thread_id}/runs/wait", json=body)
    assert response.status_code in {200, 422}
    runs = (await http.get(f"/threads/{thread_id}/runs")).json()
    assert {run["status"] for run in runs} <= {"success", "error"}


async def test_a_context_with_odd_keys_never_hurts(http: httpx.AsyncClient, thread_id: str) -> None:
    odd = {"": 1, "checkpoint_ns": 5, "thread_id": str(uuid4()), "__pregel_x": 1, "checkpoint_id": "nope"}
    body = {"assistant_id": "echo", "input": {"said": 1}, "config": {"configurable": odd}}
    response = await http.post(f"/threads/{thread_id}/runs/wait", json=body)
    assert response.status_code in {200, 422}
    (run,) = (await http.get(f"/threads/{thread_id}/runs")).json() or [None]
    assert run is None or run["status"] in {"success", "error"}
