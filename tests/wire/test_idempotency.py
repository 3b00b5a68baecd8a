"""A request that a client sends twice, because it never saw the answer, makes one run."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.installation import Installation
from tests.support.sse import frames

BODY = {"assistant_id": "echo", "input": {"said": 1}}


@pytest.fixture
def headers() -> dict[str, str]:
    return {"idempotency-key": str(uuid4())}


async def post(http: httpx.AsyncClient, path: str, headers: dict[str, str], **body: Any) -> httpx.Response:
    response = await http.post(path, json={**BODY, **body}, headers=headers)
    assert response.status_code == 200, response.text
    return response


def run_of(response: httpx.Response) -> str:
    return response.headers["content-location"].split("/")[-1]


async def test_a_repeated_request_finds_its_run(
    http: httpx.AsyncClient, server: Installation, thread_id: str, headers: dict[str, str]
) -> None:
    path = f"/threads/{thread_id}/runs"
    first = (await post(http, path, headers)).json()
    again = (await post(http, path, headers)).json()
    other = (await post(http, path, {"idempotency-key": str(uuid4())})).json()
    assert {**again, "status": None, "updated_at": None} == {**first, "status": None, "updated_at": None}
    assert other["run_id"] != first["run_id"]
    assert server.count("thread_id = %s", thread_id) == 2


async def test_a_repetition_on_another_route_gives_the_same_run(
    http: httpx.AsyncClient, server: Installation, thread_id: str, headers: dict[str, str]
) -> None:
    first = await post(http, f"/threads/{thread_id}/runs", headers)
    waited = await post(http, f"/threads/{thread_id}/runs/wait", headers)
    assert run_of(first) == run_of(waited)
    assert waited.json() == {"said": 1, "count": 1}
    assert server.count("thread_id = %s", thread_id) == 1


@pytest.mark.parametrize("path", ["/threads/{thread_id}/runs/wait", "/runs/wait"])
async def test_a_repeated_wait_gets_the_first_ones_answer(
    http: httpx.AsyncClient, thread_id: str, headers: dict[str, str], path: str
) -> None:
    answers = [await post(http, path.format(thread_id=thread_id), headers) for _ in range(3)]
    assert [answer.json() for answer in answers] == [{"said": 1, "count": 1}] * 3
    assert len({run_of(answer) for answer in answers}) == 1


@pytest.mark.parametrize("path", ["/threads/{thread_id}/runs/stream", "/runs/stream"])
@pytest.mark.parametrize("resumable", [True, False])
async def test_a_repeated_stream_tells_the_same_events(
    http: httpx.AsyncClient, thread_id: str, headers: dict[str, str], path: str, resumable: bool
) -> None:
    answers = [
        await post(http, path.format(thread_id=thread_id), headers, stream_resumable=resumable) for _ in range(2)
    ]
    first, again = (frames(answer.content) for answer in answers)
    assert first == again
    assert [frame.event for frame in first] == ["metadata", "values", "values"]


@pytest.mark.parametrize("route", ["", "/wait", "/stream"])
async def test_repetitions_at_the_same_moment_make_one_run(
    http: httpx.AsyncClient, server: Installation, thread_id: str, headers: dict[str, str], route: str
) -> None:
    path = f"/threads/{thread_id}/runs{route}"
    answers = await asyncio.gather(*(post(http, path, headers) for _ in range(12)))
    assert len({run_of(answer) for answer in answers}) == 1
    assert server.count("thread_id = %s", thread_id) == 1


async def test_repetitions_of_many_requests_at_the_same_moment(
    http: httpx.AsyncClient, server: Installation, thread_id: str
) -> None:
    keys = [str(uuid4()) for _ in range(6)]
    path = f"/threads/{thread_id}/runs"
    posts = [post(http, path, {"idempotency-key": key}, metadata={"key": key}) for key in keys for _ in range(4)]
    answers = [answer.json() for answer in await asyncio.gather(*posts)]
    by_key: dict[str, set[str]] = {}
    for answer in answers:
        by_key.setdefault(answer["metadata"]["key"], set()).add(answer["run_id"])
    assert {key: len(found) for key, found in by_key.items()} == dict.fromkeys(keys, 1)
    assert server.count("thread_id = %s", thread_id) == 6


async def test_a_repetition_supersedes_nothing(
    http: httpx.AsyncClient, thread_id: str, headers: dict[str, str]
) -> None:
    path = f"/threads/{thread_id}/runs"
    slow = {"assistant_id": "steps", "input": {"steps": 5, "seconds": 0.1}}
    first = await post(http, path, headers, multitask_strategy="interrupt", **slow)
    again = await post(http, path, headers, multitask_strategy="interrupt", **slow)
    rejected = await post(http, path, headers, multitask_strategy="reject", **slow)
    assert run_of(first) == run_of(again) == run_of(rejected)
    assert (await http.get(f"{path}/{run_of(first)}/join")).json()["done"] == [0, 1, 2, 3, 4]


async def test_a_repeated_batch_is_the_same_batch(
    http: httpx.AsyncClient, server: Installation, headers: dict[str, str]
) -> None:
    mark = str(uuid4())
    bodies = [{**BODY, "metadata": {"mark": mark, "n": n}} for n in range(3)]
    first, again = [(await http.post("/runs/batch", json=bodies, headers=headers)).json() for _ in range(2)]
    assert [run["run_id"] for run in first] == [run["run_id"] for run in again]
    assert [run["metadata"]["n"] for run in first] == [0, 1, 2]
    assert server.count("metadata ->> 'mark' = %s", mark) == 3


async def test_a_refused_request_leaves_its_key_free(
    http: httpx.AsyncClient, thread_id: str, headers: dict[str, str]
) -> None:
    path = f"/threads/{thread_id}/runs"
    refused = await http.post(path, json={**BODY, "assistant_id": str(uuid4())}, headers=headers)
    assert refused.status_code == 404
    assert (await post(http, path, headers)).json()["status"] == "pending"


async def test_a_key_has_a_length(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.post(f"/threads/{thread_id}/runs", json=BODY, headers={"idempotency-key": "k" * 257})
    assert response.status_code == 422
    assert "Idempotency-Key" in response.json()["detail"]
