"""The synchronous SDK, from a thread's creation to its end."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import SyncLangGraphClient
from langgraph_sdk.errors import ConflictError, NotFoundError, UnprocessableEntityError

from tests.support.installation import Installation


def test_a_conversation_from_its_beginning_to_its_end(sync_client: SyncLangGraphClient) -> None:
    threads, runs = sync_client.threads, sync_client.runs
    thread_id = threads.create(metadata={"who": "sync"})["thread_id"]

    waited: Any = runs.wait(thread_id, "steps", input={"steps": 2})
    assert waited["done"] == [0, 1]

    parts = list(runs.stream(thread_id, "steps", input={"steps": 2}, stream_mode=["updates"], stream_resumable=True))
    assert [part.event for part in parts] == ["metadata", "updates", "updates"]

    run_id = parts[0].data["run_id"]
    again = list(runs.join_stream(thread_id, run_id, last_event_id=parts[0].id))
    assert [part.data for part in again] == [part.data for part in parts[1:]]

    background = runs.create(thread_id, "steps", input={"steps": 1})
    assert runs.join(thread_id, background["run_id"])["done"] == [0, 1, 2, 3, 4]
    assert runs.get(thread_id, background["run_id"])["status"] == "success"
    assert [run["run_id"] for run in runs.list(thread_id, limit=2)] == [background["run_id"], run_id]

    assert threads.get(thread_id)["status"] == "idle"
    state: Any = threads.get_state(thread_id)
    assert state["values"]["done"] == [0, 1, 2, 3, 4]
    assert [found["thread_id"] for found in threads.search(ids=[thread_id])] == [thread_id]

    runs.delete(thread_id, run_id)
    threads.delete(thread_id)
    with pytest.raises(NotFoundError):
        threads.get(thread_id)


def test_a_person_is_asked_and_answers(sync_client: SyncLangGraphClient) -> None:
    thread_id = sync_client.threads.create()["thread_id"]
    sync_client.runs.wait(thread_id, "approval", input={})
    assert sync_client.threads.get(thread_id)["status"] == "interrupted"
    told = sync_client.runs.wait(thread_id, "approval", command={"resume": "yes"})
    assert told == {"log": ["drafted", "answered yes"]}


def test_a_run_is_cancelled(sync_client: SyncLangGraphClient) -> None:
    thread_id = sync_client.threads.create()["thread_id"]
    run = sync_client.runs.create(thread_id, "sleepy", input={"seconds": 60})
    sync_client.runs.cancel(thread_id, run["run_id"], wait=True)
    assert sync_client.runs.get(thread_id, run["run_id"])["status"] == "interrupted"


def test_stateless_runs_need_no_thread(sync_client: SyncLangGraphClient) -> None:
    assert sync_client.runs.wait(None, "echo", input={"said": 1}) == {"said": 1, "count": 1}
    assert len(list(sync_client.runs.stream(None, "echo", input={"said": 1}))) == 3


def test_refusals_are_the_sdks_own_errors(sync_client: SyncLangGraphClient) -> None:
    thread_id = sync_client.threads.create()["thread_id"]
    with pytest.raises(NotFoundError):
        sync_client.threads.get(str(uuid4()))
    with pytest.raises(UnprocessableEntityError):
        sync_client.threads.get("nope")
    with pytest.raises(ConflictError):
        sync_client.threads.create(thread_id=thread_id)


def test_a_graphs_error_is_raised(sync_client: SyncLangGraphClient) -> None:
    with pytest.raises(Exception, match="boom!"):
        sync_client.runs.wait(None, "failing", input={"how": "spoken"})
    told = sync_client.runs.wait(None, "failing", input={"how": "spoken"}, raise_error=False)
    assert told == {"__error__": {"error": "ValueError", "message": "boom!"}}


def test_one_connection_serves_many_requests(server: Installation) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        first = client.get("/ok").extensions["network_stream"].get_extra_info("client_addr")
        for _ in range(3):
            client.post("/runs/wait", json={"assistant_id": "echo", "input": {}})
            client.post("/runs/stream", json={"assistant_id": "echo", "input": {}})
            client.get("/nope")
        assert client.get("/ok").extensions["network_stream"].get_extra_info("client_addr") == first
