"""What each stream mode tells, and modes together."""

import itertools
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.sse import Frame, frames, names

CHAT = {"messages": [{"role": "user", "content": "hi", "id": "said"}], "tokens": 3}
TEXTS = ["t0 ", "t0 t1 ", "t0 t1 t2 "]


async def streamed(http: httpx.AsyncClient, thread_id: str | None, graph: str, **body: Any) -> list[Frame]:
    path = f"/threads/{thread_id}/runs/stream" if thread_id else "/runs/stream"
    response = await http.post(path, json={"assistant_id": graph, "input": {}, **body})
    assert response.status_code == 200, response.text
    found = frames(response.content)
    assert found[0].event == "metadata"
    return found[1:]


def of(found: list[Frame], name: str) -> list[Any]:
    return [frame.data for frame in found if frame.event == name]


# --- messages


async def test_a_message_grows_until_it_is_whole(http: httpx.AsyncClient, thread_id: str) -> None:
    found = await streamed(http, thread_id, "chat", input=CHAT, stream_mode="messages")
    ((message_id, told),) = found[0].data.items()
    parts = [frame.data for frame in found[1:]]
    assert names(found) == ["messages/metadata"] + ["messages/partial"] * (len(found) - 1)
    assert [content for [message] in parts if (content := message["content"]) != ""][:3] == TEXTS
    assert parts[-1][0]["content"] == TEXTS[-1]
    assert {(message["id"], message["type"]) for [message] in parts} == {(message_id, "ai")}
    assert told["metadata"]["langgraph_node"] == "model"
    assert told["metadata"]["thread_id"] == thread_id


async def test_whole_messages_are_complete_at_once(http: httpx.AsyncClient, thread_id: str) -> None:
    given = {"messages": [{"role": "user", "content": "use the tool", "id": "said"}]}
    found = await streamed(http, thread_id, "tooling", input=given, stream_mode="messages")
    assert names(found) == ["messages/metadata", "messages/complete"] * 3
    complete = [message for [message] in of(found, "messages/complete")]
    assert [message["type"] for message in complete] == ["ai", "tool", "ai"]
    assert complete[0]["tool_calls"][0]["name"] == "slow"
    assert [next(iter(metadata)) for metadata in of(found, "messages/metadata")] == [m["id"] for m in complete]


async def test_both_message_modes_yield_the_tuples(http: httpx.AsyncClient, thread_id: str) -> None:
    found = await streamed(http, thread_id, "chat", input=CHAT, stream_mode=["messages", "messages-tuple"])
    assert set(names(found)) == {"messages"}
    assert "".join(chunk["content"] for chunk, _ in of(found, "messages")) == TEXTS[-1]
    assert of(found, "messages")[0][0]["type"] == "AIMessageChunk"


async def test_messages_of_a_subgraph_have_no_namespace_and_tuples_do(http: httpx.AsyncClient, thread_id: str) -> None:
    for mode, bare in (("messages", True), ("messages-tuple", False)):
        found = await streamed(http, thread_id, "chatting", input=CHAT, stream_mode=mode, stream_subgraphs=True)
        assert found
        assert all(("|" not in name) == bare for name in names(found))
        outside = await streamed(http, thread_id, "chatting", input=CHAT, stream_mode=mode)
        # Tokens stay inside; the message that the subgraph leaves behind is told as a whole, as with the reference.
        assert "messages/partial" not in names(outside)
        assert len(outside) <= 2


# --- events


async def test_events_tell_what_every_runnable_does(http: httpx.AsyncClient, thread_id: str) -> None:
    found = await streamed(http, thread_id, "chat", input=CHAT, stream_mode="events")
    assert set(names(found)) == {"events"}
    told = [(event["event"], event["name"]) for event in of(found, "events")]
    assert told[0] == ("on_chain_start", "chat")
    assert told[-1] == ("on_chain_end", "chat")
    assert ("on_chat_model_start", "CountingModel") in told
    chunks = [event["data"]["chunk"] for event in of(found, "events") if event["event"] == "on_chat_model_stream"]
    assert "".join(chunk["content"] for chunk in chunks) == TEXTS[-1]
    assert {chunk["type"] for chunk in chunks} == {"AIMessageChunk"}
    assert all("langsmith:hidden" not in event["tags"] for event in of(found, "events"))


async def test_events_go_together_with_other_modes_and_with_wait(http: httpx.AsyncClient, thread_id: str) -> None:
    modes = ["events", "values", "updates", "custom", "messages-tuple"]
    found = await streamed(http, thread_id, "chat", input=CHAT, stream_mode=modes)
    assert {"events", "values", "updates", "messages"} <= set(names(found))
    assert len(of(found, "values")) == 2
    assert of(found, "updates")[0]["model"]["messages"][0]["content"] == TEXTS[-1]
    body = {"assistant_id": "echo", "input": {"said": 1}, "stream_mode": ["events", "values"]}
    assert (await http.post(f"/threads/{thread_id}/runs/wait", json=body)).json()["said"] == 1


async def test_a_question_is_asked_and_answered_in_the_mode_events(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    await streamed(http, thread_id, "approval", stream_mode="events")
    thread = await client.threads.get(thread_id)
    assert (thread["status"], len(thread["interrupts"])) == ("interrupted", 1)
    answer = {"resume": [{"type": "accept", "args": None}]}
    await streamed(http, thread_id, "approval", input=None, command=answer, stream_mode="events")
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["interrupts"]) == ("idle", {})


async def test_an_error_in_the_mode_events_is_an_error(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    found = await streamed(http, thread_id, "failing", input={"how": "spoken"}, stream_mode="events")
    assert found[-1].event == "error"
    assert found[-1].data == {"error": "ValueError", "message": "boom!"}
    assert (await client.threads.get(thread_id))["status"] == "error"


# --- tasks, checkpoints, debug


async def test_tasks_start_and_finish(http: httpx.AsyncClient, thread_id: str) -> None:
    found = await streamed(http, thread_id, "echo", input={"said": 1}, stream_mode="tasks")
    start, finish = of(found, "tasks")
    assert {key: start[key] for key in ("name", "input", "triggers")} == {
        "name": "echo",
        "input": {"said": 1},
        "triggers": ["branch:to:echo"],
    }
    assert finish == {"id": start["id"], "name": "echo", "error": None, "result": {"count": 1}, "interrupts": []}


async def test_checkpoints_are_those_of_the_history(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    found = await streamed(http, thread_id, "steps", input={"steps": 2}, stream_mode="checkpoints")
    told = of(found, "checkpoints")
    history: Any = await client.threads.get_history(thread_id, limit=10)
    assert [one["metadata"]["step"] for one in told] == [-1, 0, 1, 2]
    assert [one["config"]["configurable"]["checkpoint_id"] for one in told] == [
        state["checkpoint"]["checkpoint_id"] for state in reversed(history)
    ]
    assert [one["values"] for one in told] == [state["values"] for state in reversed(history)]
    assert [one["next"] for one in told] == [["__start__"], ["step"], ["step"], []]
    assert told[0]["parent_config"] is None


async def test_debug_tells_tasks_and_checkpoints_with_their_addresses(http: httpx.AsyncClient, thread_id: str) -> None:
    found = await streamed(http, thread_id, "nested", input={"path": []}, stream_mode="debug")
    told = of(found, "debug")
    assert all(set(entry) == {"step", "timestamp", "type", "payload"} for entry in told)
    assert {entry["type"] for entry in told} == {"checkpoint", "task", "task_result"}
    checkpoints = [entry["payload"] for entry in told if entry["type"] == "checkpoint"]
    for earlier, later in itertools.pairwise(checkpoints):
        assert set(later["checkpoint"]) == {"checkpoint_id", "thread_id", "checkpoint_ns"}
        assert later["parent_checkpoint"] == earlier["checkpoint"]
    (pointing,) = [task for one in checkpoints for task in one["tasks"] if task["name"] == "child"]
    assert pointing["checkpoint"]["checkpoint_ns"].startswith("child:")
    assert "state" not in pointing


@pytest.mark.parametrize(("mode", "shown"), [("checkpoints", set()), ("debug", {"task", "task_result"})])
async def test_a_temporary_run_has_no_checkpoints(http: httpx.AsyncClient, mode: str, shown: set[str]) -> None:
    found = await streamed(http, None, "echo", input={"said": 1}, stream_mode=mode)
    assert {entry.get("type") for entry in of(found, mode)} == shown


# --- together


async def test_modes_together_tell_what_each_tells_alone(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    modes = ["values", "updates", "custom", "tasks", "checkpoints", "debug"]

    async def tell(asked: object) -> list[Frame]:
        thread_id = (await client.threads.create())["thread_id"]
        return await streamed(http, thread_id, "nested", input={"path": []}, stream_mode=asked)

    together = await tell(modes)
    for mode in modes:
        assert len(of(together, mode)) == len(await tell(mode)) > 0, mode
    assert of(together, "custom") == [{"from": "outer"}]
    assert of(together, "values")[-1] == {"path": ["outer", "outer", "inner"]}


async def test_no_modes_are_values(http: httpx.AsyncClient, thread_id: str) -> None:
    found = await streamed(http, thread_id, "echo", input={"said": 1}, stream_mode=[])
    assert names(found) == ["values", "values"]
