"""A worker that LangSmith's variables ask to trace sends what the reference server sends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.installation import IMPATIENT, Installation, installed
from tests.webhooks.conftest import Receiver, receiving

EXAMPLE = "00000000-0000-4000-8000-000000000001"
#: One JSON document a batch instead of parts.
LIMITS = {
    "size_limit": 100,
    "size_limit_bytes": 20_000_000,
    "scale_up_nthreads_limit": 16,
    "scale_up_qsize_trigger": 1000,
    "scale_down_nempty_trigger": 4,
}
INFO = orjson.dumps({"version": "0.1", "batch_ingest_config": {"use_multipart_endpoint": False, **LIMITS}})


@pytest.fixture
def langsmith() -> Iterator[Receiver]:
    with receiving() as receiver:
        receiver.answer = lambda place: (200, {"content-type": "application/json"}, INFO)
        yield receiver


@pytest.fixture
def server(tmp_path: Path, langsmith: Receiver) -> Iterator[Installation]:
    wishes = {"TRACING": "true", "ENDPOINT": langsmith.url, "API_KEY": "a key", "PROJECT": "ours"}
    settings = {**IMPATIENT, **{f"LANGSMITH_{name}": value for name, value in wishes.items()}}
    with installed(tmp_path, settings=settings) as installation:
        installation.start(web=1, workers=1)
        yield installation


def roots(langsmith: Receiver) -> list[dict[str, Any]]:
    bodies = [body for what, _, body in list(langsmith.received) if what.startswith("POST /runs/batch")]
    sent = [run for body in bodies for run in orjson.loads(body).get("post", [])]
    return [run for run in sent if not run.get("parent_run_id")]


async def run(server: Installation, **asked: Any) -> dict[str, Any]:
    """Its row; it is over."""
    async with server.http() as http:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        body = {"assistant_id": "echo", "input": {"said": "hi"}, **asked}
        row: dict[str, Any] = (await http.post(f"/threads/{thread_id}/runs", json=body)).json()
        await http.get(f"/threads/{thread_id}/runs/{row['run_id']}/join")
    return row


async def test_a_run_is_the_trace_of_the_same_id_and_says_whose_it_is(
    server: Installation, langsmith: Receiver
) -> None:
    row = await run(server, metadata={"mine": 1})
    # Sooner than the client would send it by itself, if it is lucky; and all of it, however it is.
    server.workers[0].terminate()

    (root,) = roots(langsmith)
    told = root["extra"]["metadata"]
    assert (root["id"], root["name"], root["session_name"]) == (row["run_id"], "echo", "ours")
    assert {key: told[key] for key in ("run_id", "thread_id", "assistant_id")} == {
        key: row[key] for key in ("run_id", "thread_id", "assistant_id")
    }
    assert (told["graph_id"], told["mine"], told["run_attempt"]) == ("echo", 1, 1)
    assert {headers["x-api-key"] for what, headers, _ in langsmith.received if what.startswith("POST")} == {"a key"}


async def test_a_project_that_the_request_names_has_the_trace_too(server: Installation, langsmith: Receiver) -> None:
    row = await run(server, langsmith_tracer={"project_name": "theirs", "example_id": EXAMPLE})
    server.workers[0].terminate()

    traced = {root["session_name"]: root for root in roots(langsmith)}
    assert set(traced) == {"ours", "theirs"}
    assert traced["ours"]["id"] == row["run_id"] != traced["theirs"]["id"]
    assert traced["theirs"]["reference_example_id"] == EXAMPLE
    assert traced["ours"].get("reference_example_id") is None
