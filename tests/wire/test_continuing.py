"""How a graph goes on: answers to several questions, commands, and the ways its steps are kept."""

import asyncio
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation
from tests.support.sse import frames

AMBIGUOUS = "When there are multiple pending interrupts, you must specify the interrupt id when resuming."


def questions(interrupts: list[dict[str, Any]]) -> dict[str, str]:
    """Who is asked → the interrupt's id."""
    return {interrupt["value"]["ask"]: interrupt["id"] for interrupt in interrupts}


async def asked(client: LangGraphClient, thread_id: str) -> dict[str, str]:
    told: Any = await client.runs.wait(thread_id, "parallel", input={})
    assert set(told) == {"__interrupt__"}
    return questions(told["__interrupt__"])


async def answer(client: LangGraphClient, thread_id: str, resume: Any) -> Any:
    return await client.runs.wait(thread_id, "parallel", command={"resume": resume}, raise_error=False)


async def waiting(client: LangGraphClient, thread_id: str) -> dict[str, str]:
    thread = await client.threads.get(thread_id)
    return questions([dict(i) for found in thread["interrupts"].values() for i in found])


# --- several questions at once


async def test_parallel_questions_are_streamed_one_by_one(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {"assistant_id": "parallel", "input": {}, "stream_mode": ["values", "updates"]}
    found = frames((await http.post(f"/threads/{thread_id}/runs/stream", json=body)).content)
    for mode in ("values", "updates"):
        told = [frame.data["__interrupt__"] for frame in found if frame.event == mode and "__interrupt__" in frame.data]
        assert sorted(interrupt["value"]["ask"] for [interrupt] in told) == ["left", "right"]


async def test_parallel_questions_wait_together(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    ids = await asked(client, thread_id)
    (run,) = await client.runs.list(thread_id)
    thread = await client.threads.get(thread_id)
    state: Any = await client.threads.get_state(thread_id)
    joined = (await http.get(f"/threads/{thread_id}/runs/{run['run_id']}/join")).json()
    assert set(ids) == {"left", "right"}
    assert (run["status"], thread["status"], len(thread["interrupts"])) == ("success", "interrupted", 2)
    assert await waiting(client, thread_id) == questions(state["interrupts"]) == ids
    assert questions(joined["__interrupt__"]) == ids
    assert set(joined) == {"__interrupt__"}


async def test_who_answers_one_is_told_what_still_waits(client: LangGraphClient, thread_id: str) -> None:
    ids = await asked(client, thread_id)

    first = await answer(client, thread_id, {ids["left"]: "L"})
    between = await waiting(client, thread_id)
    status = (await client.threads.get(thread_id))["status"]
    second = await answer(client, thread_id, {ids["right"]: "R"})

    assert questions(first["__interrupt__"]) == between == {"right": ids["right"]}
    assert first["log"] == ["left L"]
    assert status == "interrupted"
    assert second == {"log": ["left L", "right R", "told"]}
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_all_may_be_answered_at_once(client: LangGraphClient, thread_id: str) -> None:
    ids = await asked(client, thread_id)
    told = await answer(client, thread_id, {ids["left"]: "L", ids["right"]: "R"})
    assert told == {"log": ["left L", "right R", "told"]}


async def test_one_answer_to_several_questions_is_an_error_and_they_stay(
    client: LangGraphClient, thread_id: str
) -> None:
    ids = await asked(client, thread_id)

    told = await answer(client, thread_id, "x")

    thread: Any = await client.threads.get(thread_id)
    assert told["__error__"]["error"] == "RuntimeError"
    assert told["__error__"]["message"].startswith(AMBIGUOUS)
    assert (thread["status"], thread["error"]) == ("error", told["__error__"])
    assert await waiting(client, thread_id) == ids
    assert (await answer(client, thread_id, dict.fromkeys(ids.values(), "x")))["log"][-1] == "told"
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["error"]) == ("idle", None)


async def test_a_question_inside_a_subgraph_is_answered_from_outside(client: LangGraphClient, thread_id: str) -> None:
    told: Any = await client.runs.wait(thread_id, "inquiry", input={})
    assert [i["value"] for i in told["__interrupt__"]] == ["inside?"]
    done = await client.runs.wait(thread_id, "inquiry", command={"resume": "yes"})
    assert done == {"log": ["prepared", "prepared", "asked yes"]}


# --- commands


@pytest.mark.parametrize(
    ("command", "done"),
    [
        ({"goto": "step"}, [0, 1]),
        ({"goto": ["step"]}, [0, 1]),
        ({"update": {"done": [40]}, "goto": "step"}, [0, 40, 2]),
        ({"update": {"done": [40]}}, [0, 40]),
        ({"goto": {"node": "step", "input": {"done": [1, 2, 3], "steps": 1}}}, [0, 3]),
        ({"goto": [{"node": "step", "input": {"done": [], "steps": 1}}] * 2}, [0, 0, 0]),
        ({"goto": "nowhere"}, [0]),
        ({"goto": "__end__", "update": None}, [0]),
        ({"resume": "x"}, [0]),
        ({}, [0]),
    ],
)
async def test_a_command_to_an_idle_thread(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, command: dict[str, Any], done: list[int]
) -> None:
    await client.runs.wait(thread_id, "steps", input={"steps": 1})
    body = {"assistant_id": "steps", "command": command}
    told = (await http.post(f"/threads/{thread_id}/runs/wait", json=body)).json()
    assert told == {"steps": 1, "done": done}
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_a_command_comes_before_the_input(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "approval", input={})
    ignored: Any = {"log": ["ignored"]}
    told = await client.runs.wait(thread_id, "approval", input=ignored, command={"resume": "yes"})
    assert told == {"log": ["drafted", "answered yes"]}


async def test_a_question_may_be_dropped_for_another_node(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "approval", input={})
    told: Any = await client.runs.wait(thread_id, "approval", command={"goto": "__end__", "update": {"log": ["x"]}})
    assert told["log"] == ["drafted", "x"]
    assert (await client.threads.get(thread_id))["values"] == {"log": ["drafted", "x"]}


@pytest.mark.parametrize("where", ["interrupt_before", "interrupt_after"])
async def test_a_stop_can_be_gone_past(client: LangGraphClient, thread_id: str, where: str) -> None:
    stop: Any = {where: ["draft"]}
    await client.runs.wait(thread_id, "approval", input={}, **stop)
    state = await client.threads.get_state(thread_id)
    told: Any = await client.runs.wait(thread_id, "approval", input=None)
    assert state["next"] == (["draft"] if where == "interrupt_before" else ["approve"])
    assert told["log"] == ["drafted"]
    assert len(told["__interrupt__"]) == 1


# --- after a cancel


async def test_a_tool_call_that_was_cut_off_does_not_stop_the_conversation(
    client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    said: Any = {"messages": [{"role": "user", "content": "use the tool", "id": "said"}], "seconds": 60}
    run = await client.runs.create(thread_id, "tooling", input=said, durability="sync")
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) == 3)
    await client.runs.cancel(thread_id, run["run_id"], wait=True)
    cut: Any = await client.threads.get_state(thread_id)
    assert (cut["values"]["messages"][-1]["id"], cut["next"]) == ("calling", ["tools"])

    more: Any = {"messages": [{"role": "user", "content": "never mind"}]}
    told: Any = await client.runs.wait(thread_id, "tooling", input=more)

    assert [message["type"] for message in told["messages"]] == ["human", "ai", "human", "ai"]
    assert told["messages"][-1]["content"] == "after human: never mind"
    thread: Any = await client.threads.get(thread_id)
    assert (thread["status"], thread["error"]) == ("idle", None)


async def test_a_tool_call_that_was_cut_off_can_be_repeated(
    client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    said: Any = {"messages": [{"role": "user", "content": "use the tool", "id": "said"}], "seconds": 3}
    run = await client.runs.create(thread_id, "tooling", input=said, durability="sync")
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints WHERE thread_id = %s", thread_id) == 3)
    await client.runs.cancel(thread_id, run["run_id"], wait=True)
    await client.threads.update_state(thread_id, {"seconds": 0.0}, as_node="model")
    told: Any = await client.runs.wait(thread_id, "tooling", input=None)
    assert [message["type"] for message in told["messages"]] == ["human", "ai", "tool", "ai"]


# --- durability


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({}, 5),
        ({"durability": "async"}, 5),
        ({"durability": "sync"}, 5),
        ({"durability": "exit"}, 1),
        ({"checkpoint_during": False}, 1),
        ({"checkpoint_during": True}, 5),
        ({"checkpoint_during": False, "durability": "sync"}, 5),
    ],
)
async def test_how_much_of_a_run_is_kept(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, body: dict[str, Any], kept: int
) -> None:
    body = {"assistant_id": "steps", "input": {"steps": 3}, **body}
    told = (await http.post(f"/threads/{thread_id}/runs/wait", json=body)).json()
    history = await client.threads.get_history(thread_id, limit=20)
    (run,) = await client.runs.list(thread_id)
    assert told == {"steps": 3, "done": [0, 1, 2]} == history[0]["values"]
    assert len(history) == kept
    assert run["kwargs"]["durability"] == body.get("durability", "exit" if kept == 1 else "async")  # type: ignore[typeddict-item]  # untyped
    assert run["kwargs"]["checkpoint_during"] == (kept == 5)  # type: ignore[typeddict-item]  # untyped


async def test_a_question_survives_a_run_that_keeps_only_its_end(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "approval", input={}, durability="exit")
    told = await client.runs.wait(thread_id, "approval", command={"resume": "yes"}, durability="exit")
    assert told == {"log": ["drafted", "answered yes"]}


# --- what is asked for and has no effect without LangSmith


async def test_tracing_and_feedback_are_accepted(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {
        "assistant_id": "echo",
        "input": {"said": 1},
        "feedback_keys": ["liked"],
        "langsmith_tracer": {"project_name": "mine", "example_id": "00000000-0000-4000-8000-000000000001"},
    }
    run = (await http.post(f"/threads/{thread_id}/runs", json=body)).json()
    told = (await http.get(f"/threads/{thread_id}/runs/{run['run_id']}/join")).json()
    configurable = run["kwargs"]["config"]["configurable"]
    assert told == {"said": 1, "count": 1}
    assert run["kwargs"]["feedback_keys"] == ["liked"]
    assert configurable["__langsmith_project__"] == "mine"
    assert configurable["__langsmith_example_id__"] == "00000000-0000-4000-8000-000000000001"


# --- later


async def test_a_delayed_run_starts_when_it_is_due_and_others_go_first(
    client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    later = await client.runs.create(thread_id, "echo", input={"said": "later"}, after_seconds=2)
    sooner = await client.runs.create(thread_id, "echo", input={"said": "sooner"})

    first: Any = await client.runs.join(thread_id, sooner["run_id"])
    still = await client.runs.get(thread_id, later["run_id"])
    busy = (await client.threads.get(thread_id))["status"]
    last: Any = await asyncio.wait_for(client.runs.join(thread_id, later["run_id"]), 20)

    assert (first["said"], last["said"]) == ("sooner", "later")
    assert (still["status"], busy) == ("pending", "busy")
    assert still["created_at"] > sooner["created_at"]
    started, due = server.rows("SELECT started_at, created_at FROM runs_run WHERE run_id = %s", later["run_id"])[0]
    assert started >= due
