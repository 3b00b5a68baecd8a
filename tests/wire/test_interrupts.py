"""A graph asks a person, and goes on with the answer."""

import re
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.sse import frames, names

QUESTION = {"question": "send it?"}


async def ask(client: LangGraphClient, thread_id: str) -> str:
    """The interrupt's id."""
    told: Any = await client.runs.wait(thread_id, "approval", input={})
    return str(told["__interrupt__"][0]["id"])


async def test_the_answer_to_who_waits_holds_the_values_and_the_interrupt(
    client: LangGraphClient, thread_id: str
) -> None:
    told: Any = await client.runs.wait(thread_id, "approval", input={})
    (interrupt,) = told["__interrupt__"]
    assert told == {"log": ["drafted"], "__interrupt__": [interrupt]}
    assert interrupt == {"value": QUESTION, "id": interrupt["id"], "response_schema": None}
    assert re.fullmatch(r"[0-9a-f]{32}", interrupt["id"])


async def test_the_run_succeeds_and_the_thread_is_interrupted(client: LangGraphClient, thread_id: str) -> None:
    interrupt_id = await ask(client, thread_id)
    (run,) = await client.runs.list(thread_id)
    thread: Any = await client.threads.get(thread_id)
    assert run["status"] == "success"
    assert (thread["status"], thread["values"]) == ("interrupted", {"log": ["drafted"]})
    assert list(thread["interrupts"].values()) == [[{"id": interrupt_id, "value": QUESTION}]]


async def test_the_state_shows_the_waiting_task(client: LangGraphClient, thread_id: str) -> None:
    interrupt_id = await ask(client, thread_id)
    thread: Any = await client.threads.get(thread_id)
    state: Any = await client.threads.get_state(thread_id)
    (task,) = state["tasks"]
    assert state["next"] == ["approve"]
    assert state["interrupts"] == [{"id": interrupt_id, "value": QUESTION}]
    assert list(thread["interrupts"]) == [task["id"]]
    assert task == {
        "id": task["id"],
        "name": "approve",
        "path": ["__pregel_pull", "approve"],
        "error": None,
        "interrupts": [{"id": interrupt_id, "value": QUESTION}],
        "checkpoint": None,
        "state": None,
        "result": None,
    }


async def test_joining_the_run_gives_the_interrupts(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    interrupt_id = await ask(client, thread_id)
    (run,) = await client.runs.list(thread_id)
    response = await http.get(f"/threads/{thread_id}/runs/{run['run_id']}/join")
    assert response.json() == {"__interrupt__": [{"id": interrupt_id, "value": QUESTION}]}


@pytest.mark.parametrize("by_id", [True, False])
async def test_an_answer_lets_the_graph_go_on(client: LangGraphClient, thread_id: str, by_id: bool) -> None:
    interrupt_id = await ask(client, thread_id)
    resume: Any = {interrupt_id: "yes"} if by_id else "yes"

    told = await client.runs.wait(thread_id, "approval", command={"resume": resume})

    thread: Any = await client.threads.get(thread_id)
    assert told == {"log": ["drafted", "answered yes"]}
    assert (thread["status"], thread["interrupts"]) == ("idle", {})
    assert (await client.threads.get_state(thread_id))["next"] == []


async def test_an_interrupt_keeps_its_id_when_its_node_runs_again(client: LangGraphClient, thread_id: str) -> None:
    first = await ask(client, thread_id)
    again: Any = await client.runs.wait(thread_id, "approval", input=None)
    assert again["__interrupt__"][0]["id"] == first


async def test_a_resume_sent_before_the_interrupt_waits_behind_its_run(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.create(thread_id, "approval", input={})
    told = await client.runs.wait(thread_id, "approval", command={"resume": "early"})
    assert told == {"log": ["drafted", "answered early"]}


async def test_a_resume_of_an_idle_thread_changes_nothing(client: LangGraphClient, thread_id: str) -> None:
    await ask(client, thread_id)
    await client.runs.wait(thread_id, "approval", command={"resume": "yes"})
    told = await client.runs.wait(thread_id, "approval", command={"resume": "again"})
    assert told == {"log": ["drafted", "answered yes"]}
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_an_interrupt_in_the_streams_of_values_and_updates(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {"assistant_id": "approval", "input": {}, "stream_mode": ["values", "updates"]}
    found = frames((await http.post(f"/threads/{thread_id}/runs/stream", json=body)).content)
    told = [frame for frame in found if isinstance(frame.data, dict) and "__interrupt__" in frame.data]
    (payload,) = {str(frame.data["__interrupt__"]) for frame in told}
    assert sorted(names(told)) == ["updates", "values"]
    by_name = {frame.event: frame.data for frame in told}
    interrupt = by_name["updates"]["__interrupt__"][0]
    assert by_name["updates"] == {"__interrupt__": [interrupt]}
    assert by_name["values"] == {"log": ["drafted"], "__interrupt__": [interrupt]}
    assert interrupt == {"value": QUESTION, "id": interrupt["id"], "response_schema": None}
    assert payload


# --- interrupt_before and interrupt_after


@pytest.mark.parametrize(("where", "done"), [("interrupt_before", ["drafted"]), ("interrupt_after", ["drafted"])])
async def test_a_stop_at_a_node_interrupts_the_thread_without_an_interrupt(
    client: LangGraphClient, thread_id: str, where: str, done: list[str]
) -> None:
    node = "approve" if where == "interrupt_before" else "draft"
    stops: dict[str, Any] = {where: [node]}
    told = await client.runs.wait(thread_id, "approval", input={}, **stops)

    thread: Any = await client.threads.get(thread_id)
    assert told == {"log": done}
    assert (thread["status"], thread["interrupts"]) == ("interrupted", {})
    assert (await client.threads.get_state(thread_id))["next"] == ["approve"]


@pytest.mark.parametrize("action", ["interrupt", "rollback"])
async def test_a_stopped_thread_still_waits_when_a_later_run_is_cancelled_before_it_began(
    client: LangGraphClient, thread_id: str, action: Any
) -> None:
    await client.runs.wait(thread_id, "approval", input={}, interrupt_before=["approve"])
    later = await client.runs.create(thread_id, "approval", input={}, after_seconds=60)

    await client.runs.cancel(thread_id, later["run_id"], action=action)

    assert (await client.threads.get(thread_id))["status"] == "interrupted"


async def test_a_stop_at_a_node_is_an_empty_interrupt_among_the_updates(
    http: httpx.AsyncClient, thread_id: str
) -> None:
    body = {
        "assistant_id": "steps",
        "input": {"steps": 2},
        "stream_mode": ["values", "updates"],
        "interrupt_before": "*",
    }
    found = frames((await http.post(f"/threads/{thread_id}/runs/stream", json=body)).content)
    assert [frame.data for frame in found if frame.event == "updates"] == [{"__interrupt__": []}]
    assert not any("__interrupt__" in frame.data for frame in found if frame.event == "values")


async def test_no_input_goes_on_after_a_stop(client: LangGraphClient, thread_id: str) -> None:
    seen = []
    await client.runs.wait(thread_id, "steps", input={"steps": 3}, interrupt_after="*")
    for _ in range(3):
        seen.append((await client.threads.get(thread_id))["status"])
        values: Any = await client.runs.wait(thread_id, "steps", input=None, interrupt_after="*")
    assert values["done"] == [0, 1, 2]
    assert seen == ["interrupted", "interrupted", "idle"]
