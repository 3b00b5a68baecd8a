"""A battery of bad input against every route there is: never a server error, never a hang, no nonsense accepted."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import httpx
import orjson
import pytest

from langgraph_server.api.streaming import METHODS
from tests.support import hostile
from tests.support.hostile import BODIES, FILLING, UNKNOWN
from tests.support.routes import answered, filled, parameters

#: MCP and A2A refuse in words of their own, most of them with 200.
OF_AGENTS = sorted(each for each in set(answered()) if each[1].startswith(("mcp", "a2a", ".well-known")))
ANSWERED = sorted(set(answered()) - set(OF_AGENTS))
WITH_PARAMETERS = [(method, pattern) for method, pattern in ANSWERED if parameters(pattern)]
PATTERNS = sorted({pattern for _, pattern in ANSWERED})
WITH_BODY = [(method, pattern) for method, pattern in ANSWERED if method in {"post", "put", "patch"}]
#: Take no body, and so do not look at one.
BODILESS = {
    ("post", "threads/<str:thread_id>/copy"),
    ("post", "threads/<str:thread_id>/runs/<str:run_id>/cancel"),
}
#: Speak the event protocol: 400 where others say 422, errors as envelopes, and lenient where its contract says so.
PROTOCOL = {
    ("post", "threads/<str:thread_id>/commands"),
    ("post", "threads/<str:thread_id>/stream/events"),
}
READING = [(method, pattern) for method, pattern in ANSWERED if method == "get"]
#: At a time; a hang is a request that takes longer than the client waits.
TOGETHER = 16

Ask = tuple[str, str, bytes | None]
Answer = tuple[Ask, httpx.Response]


async def answers(http: httpx.AsyncClient, asked: Iterable[Ask]) -> list[Answer]:
    gate = asyncio.Semaphore(TOGETHER)

    async def send(ask: Ask) -> Answer:
        method, path, content = ask
        async with gate, http.stream(method.upper(), path, content=content) as response:
            # Streams may never end.
            if response.headers.get("content-type") == "application/json":
                await response.aread()
            return ask, response

    return await asyncio.gather(*(send(ask) for ask in asked))


def refused(got: Sequence[Answer]) -> None:
    assert got
    wrong = [
        (ask[0], ask[1], (ask[2] or b"")[:200], response.status_code) for ask, response in got if not told(response)
    ]
    assert wrong == []


def told(response: httpx.Response) -> bool:
    return is_refused(response) and is_sentence(response)


def is_refused(response: httpx.Response) -> bool:
    """A command's refusal is an answer like any other."""
    if response.status_code == 200 and response.headers["content-type"] == "application/json":
        said = response.json()
        return isinstance(said, dict) and said.get("type") == "error"
    return 400 <= response.status_code < 500


def is_sentence(response: httpx.Response) -> bool:
    """As every error is, but for the two that the contract names: of store namespaces and of keys."""
    if response.headers["content-type"].startswith("text/plain"):
        return response.status_code == 422
    said = response.json()
    if said.get("type") == "error":
        return isinstance(said["message"], str)
    return set(said) <= {"detail", "error"} and all(isinstance(text, str) and text for text in said.values())


def somewhere(pattern: str, **values: str) -> str:
    return filled(pattern, {**dict.fromkeys(parameters(pattern), UNKNOWN), **values})


def test_the_battery_is_no_small_one() -> None:
    several = (
        len(WITH_BODY) * len(BODIES) + len(WITH_PARAMETERS) * len(hostile.IDS) + len(READING) * len(hostile.QUERIES)
    )
    assert several >= 300
    assert len({pattern for _, pattern in ANSWERED}) >= 40


@pytest.mark.parametrize(("method", "pattern"), WITH_BODY)
async def test_no_route_takes_a_body_that_is_nonsense(http: httpx.AsyncClient, method: str, pattern: str) -> None:
    got = await answers(http, [(method, somewhere(pattern), body) for body in BODIES.values()])
    if (method, pattern) in BODILESS:
        assert {response.status_code for _, response in got} <= {404, 409, 413, 422}
    else:
        refused(got)
        statuses = Counter(response.status_code for _, response in got)
        assert statuses[400 if (method, pattern) in PROTOCOL else 422] + statuses[413] == len(got), statuses


@pytest.mark.parametrize(("method", "pattern"), WITH_PARAMETERS)
async def test_no_route_finds_an_id_that_is_none(http: httpx.AsyncClient, method: str, pattern: str) -> None:
    body = orjson.dumps(FILLING) if method in {"post", "put", "patch"} else None
    asked = [(method, somewhere(pattern, **{name: odd}), body) for name in parameters(pattern) for odd in hostile.IDS]
    got = await answers(http, asked)
    refused(got)
    assert all("x-i" not in response.headers for _, response in got)


@pytest.mark.parametrize(("method", "pattern"), READING)
async def test_an_odd_query_is_refused_or_ignored(http: httpx.AsyncClient, method: str, pattern: str) -> None:
    got = await answers(http, [(method, f"{somewhere(pattern)}?{query}", None) for query in hostile.QUERIES])
    assert [(ask, response.status_code) for ask, response in got if response.status_code >= 500] == []
    assert all(told(response) for _, response in got if response.status_code >= 400)


@pytest.mark.parametrize(("method", "pattern"), OF_AGENTS)
async def test_doors_of_other_agents_stay_whole(http: httpx.AsyncClient, method: str, pattern: str) -> None:
    bodies = BODIES.values() if method == "post" else [None]
    asked = [(method, somewhere(pattern, **{name: odd}), None) for name in parameters(pattern) for odd in hostile.IDS]
    got = await answers(http, [*asked, *((method, somewhere(pattern), body) for body in bodies)])
    assert [(ask, response.status_code) for ask, response in got if response.status_code >= 500] == []


@pytest.mark.parametrize("pattern", PATTERNS)
async def test_a_wrong_method_is_not_allowed(http: httpx.AsyncClient, pattern: str) -> None:
    allowed = {method for method, known in ANSWERED if known == pattern}
    asked: list[Ask] = [(method, somewhere(pattern), b"{}") for method in {*METHODS, "trace"} - allowed]
    for ask, response in await answers(http, asked):
        assert response.status_code == 405, ask
        assert {word.strip().lower() for word in response.headers["allow"].split(",")} >= allowed


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return {}


@pytest.mark.parametrize(("method", "pattern"), sorted(set(WITH_BODY) - BODILESS - PROTOCOL))
async def test_no_route_takes_a_field_of_the_wrong_kind(
    http: httpx.AsyncClient, described: dict[str, Any], method: str, pattern: str
) -> None:
    if not described:
        described.update((await http.get("/openapi.json")).json())
    path = hostile.templated(pattern)
    content = described["paths"][path][method]["requestBody"]["content"]["application/json"]
    schema = hostile.resolved(content["schema"], described)
    several = schema.get("type") == "array"
    if several:
        schema = hostile.resolved(schema["items"], described)
    asked: list[Ask] = []
    for _, body in hostile.bodies_against(schema, described):
        asked.append((method, somewhere(pattern), orjson.dumps([body] if several else body)))
    got = await answers(http, asked)
    refused(got)
    # A missing row would hide whether the field was looked at.
    assert {response.status_code for _, response in got} <= {400, 422}


async def test_the_server_still_works(http: httpx.AsyncClient) -> None:
    response = await http.post("/runs/wait", json={"assistant_id": "echo", "input": {"said": "after all that"}})
    assert response.json()["said"] == "after all that"
