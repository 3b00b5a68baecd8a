"""Assistants as agents, with the official client of A2A and by hand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from a2a.client import A2ACardResolver, ClientConfig, create_client
from a2a.client.client import Client
from a2a.types import (
    CancelTaskRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageRequest,
    StreamResponse,
    SubscribeToTaskRequest,
    TaskState,
)
from a2a.utils.errors import TaskNotCancelableError, TaskNotFoundError

from assistants.builtin import assistant_id_of

CONVERSING = str(assistant_id_of("conversing"))
CHAT = str(assistant_id_of("chat"))


def saying(text: str, **fields: Any) -> SendMessageRequest:
    said = Message(message_id=str(uuid4()), role=Role.ROLE_USER, parts=[Part(text=text)], **fields)
    return SendMessageRequest(message=said)


async def client_of(http: httpx.AsyncClient, assistant: str, *, streaming: bool) -> Client:
    base = f"{http.base_url}/a2a/{assistant}".replace("//a2a", "/a2a")
    card = await A2ACardResolver(http, base).get_agent_card()
    return await create_client(card, ClientConfig(streaming=streaming, httpx_client=http))


@pytest.fixture
async def agent(http: httpx.AsyncClient) -> Client:
    return await client_of(http, CONVERSING, streaming=False)


@pytest.fixture
async def talker(http: httpx.AsyncClient) -> Client:
    return await client_of(http, CHAT, streaming=True)


async def told(client: Client, request: SendMessageRequest) -> list[StreamResponse]:
    return [answer async for answer in client.send_message(request)]


async def test_a_message_becomes_a_task_that_is_completed(agent: Client) -> None:
    [answer] = await told(agent, saying("hello"))

    assert answer.task.status.state == TaskState.TASK_STATE_COMPLETED
    assert [(said.role, said.parts[0].text) for said in answer.task.history] == [
        (Role.ROLE_USER, "hello"),
        (Role.ROLE_AGENT, "nowhere, 1"),
    ]
    assert answer.task.artifacts[0].parts[0].text == "nowhere, 1"


async def test_a_stream_tells_the_task_its_progress_and_its_end(talker: Client) -> None:
    events = await told(talker, saying("hi"))

    assert events[0].task.status.state == TaskState.TASK_STATE_SUBMITTED
    grown = [
        event.status_update.status.message.parts[0].text
        for event in events
        if event.status_update.status.state == TaskState.TASK_STATE_WORKING
    ]
    assert grown[0] == "t0 "
    assert grown[-1] == "t0 t1 t2 t3 t4 "
    assert events[-2].artifact_update.artifact.parts[0].text == "t0 t1 t2 t3 t4 "
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED


async def test_a_question_is_answered_in_the_same_task(agent: Client) -> None:
    [asked] = await told(agent, saying("ask"))
    assert asked.task.status.state == TaskState.TASK_STATE_INPUT_REQUIRED
    assert dict(asked.task.artifacts[0].parts[0].data.struct_value)["value"]["question"] == "which city?"
    looked = await agent.get_task(GetTaskRequest(id=asked.task.id))
    assert looked.status.state == TaskState.TASK_STATE_INPUT_REQUIRED

    [answered] = await told(agent, saying("Rome", task_id=asked.task.id, context_id=asked.task.context_id))

    assert answered.task.id == asked.task.id
    assert answered.task.status.state == TaskState.TASK_STATE_COMPLETED
    assert answered.task.artifacts[0].parts[0].text == "so Rome"
    assert (await agent.get_task(GetTaskRequest(id=asked.task.id))).artifacts == answered.task.artifacts


async def test_a_context_goes_on_with_another_task(agent: Client) -> None:
    [first] = await told(agent, saying("one"))
    [second] = await told(agent, saying("two", context_id=first.task.context_id))

    assert second.task.id != first.task.id
    assert second.task.artifacts[0].parts[0].text == "nowhere, 3"
    looked = await agent.get_task(GetTaskRequest(id=first.task.id))
    assert looked.artifacts[0].parts[0].text == "nowhere, 1"
    assert [said.parts[0].text for said in looked.history] == ["one", "nowhere, 1", "two", "nowhere, 3"]
    short = await agent.get_task(GetTaskRequest(id=first.task.id, history_length=1))
    assert [said.parts[0].text for said in short.history] == ["nowhere, 3"]
    listed = await agent.list_tasks(ListTasksRequest(context_id=first.task.context_id, page_size=1))
    assert ([task.id for task in listed.tasks], listed.total_size) == ([second.task.id], 2)
    rest = await agent.list_tasks(
        ListTasksRequest(context_id=first.task.context_id, page_size=1, page_token=listed.next_page_token)
    )
    assert ([task.id for task in rest.tasks], rest.next_page_token) == ([first.task.id], "")


async def test_a_failure_names_its_kind_and_no_more(agent: Client) -> None:
    [answer] = await told(agent, saying("fail"))

    assert answer.task.status.state == TaskState.TASK_STATE_FAILED
    assert answer.task.status.message.parts[0].text == "Error executing assistant: PasswordError"


async def test_who_does_not_wait_gets_the_task_at_once_and_may_cancel_it(
    http: httpx.AsyncClient, agent: Client
) -> None:
    follower = await client_of(http, CONVERSING, streaming=True)
    request = saying("wait")
    request.configuration.return_immediately = True
    [answer] = await told(agent, request)
    assert answer.task.status.state in {TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING}
    assert answer.task.history[0].parts[0].text == "wait"
    following = asyncio.create_task(gathered(follower.subscribe(SubscribeToTaskRequest(id=answer.task.id))))
    await asyncio.sleep(0.3)

    cancelled = await agent.cancel_task(CancelTaskRequest(id=answer.task.id))

    assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
    seen = await following
    assert seen[0].task.id == answer.task.id
    assert seen[-1].status_update.status.state == TaskState.TASK_STATE_CANCELED
    with pytest.raises(TaskNotCancelableError):
        await agent.cancel_task(CancelTaskRequest(id=answer.task.id))


async def gathered(stream: AsyncIterator[StreamResponse]) -> list[StreamResponse]:
    return [event async for event in stream]


async def test_a_task_of_another_agent_is_not_there(agent: Client, talker: Client) -> None:
    [answer] = await told(agent, saying("hello"))

    for task_id in (answer.task.id, f"{uuid4()}:{uuid4()}", "zz"):
        with pytest.raises(TaskNotFoundError):
            await talker.get_task(GetTaskRequest(id=task_id))


@pytest.mark.parametrize(
    ("text", "state", "artifacts"),
    [
        ("ask", TaskState.TASK_STATE_INPUT_REQUIRED, ["Interrupt"]),
        ("fail", TaskState.TASK_STATE_FAILED, []),
        ("table", TaskState.TASK_STATE_COMPLETED, ["Assistant Response"]),
    ],
)
async def test_a_stream_ends_as_its_task_does(
    http: httpx.AsyncClient, text: str, state: TaskState, artifacts: list[str]
) -> None:
    events = await told(await client_of(http, CONVERSING, streaming=True), saying(text))

    assert events[-1].status_update.status.state == state
    made = [event.artifact_update.artifact.name for event in events if event.HasField("artifact_update")]
    assert made == artifacts
    assert "hunter2" not in str(events)


async def test_the_official_client_speaks_the_old_dialect_too(http: httpx.AsyncClient) -> None:
    card = await A2ACardResolver(http, f"{http.base_url}".rstrip("/") + f"/a2a/{CHAT}").get_agent_card()
    del card.supported_interfaces[0]
    [sent] = await told(await create_client(card, ClientConfig(streaming=False, httpx_client=http)), saying("hi"))
    streamed = await told(await create_client(card, ClientConfig(streaming=True, httpx_client=http)), saying("hi"))

    assert sent.task.status.state == TaskState.TASK_STATE_COMPLETED
    assert sent.task.artifacts[0].parts[0].text == "t0 t1 t2 t3 t4 "
    assert streamed[0].task.status.state == TaskState.TASK_STATE_SUBMITTED
    assert streamed[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED


# --- by hand


async def rpc(http: httpx.AsyncClient, method: Any, params: Any = None, *, agent: str = CONVERSING, **more: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, **({} if params is None else {"params": params})}
    response = await http.post(f"/a2a/{agent}", json={**message, **more})
    assert response.status_code == 200
    answer = response.json()
    assert answer["id"] == 1
    return answer


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"message": {"role": "user", "parts": [{"kind": "text", "text": text}], "messageId": "m1", **fields}}


async def test_the_old_names_speak_the_old_dialect(http: httpx.AsyncClient) -> None:
    task = (await rpc(http, "message/send", message("hello")))["result"]

    assert task["kind"] == "task"
    assert task["id"].startswith(f"{task['contextId']}:")
    assert task["status"]["state"] == "completed"
    assert [said["role"] for said in task["history"]] == ["user", "agent"]
    assert task["history"][0] == {
        "kind": "message",
        "role": "user",
        "parts": [{"kind": "text", "text": "hello"}],
        "messageId": "m1",
        "taskId": task["id"],
        "contextId": task["contextId"],
    }
    assert task["artifacts"][0]["parts"] == [{"kind": "text", "text": "nowhere, 1"}]
    looked = (await rpc(http, "tasks/get", {"id": task["id"]}))["result"]
    assert looked["status"]["message"]["parts"] == [{"kind": "text", "text": "Task completed successfully"}]


async def test_a_stream_in_the_old_dialect_ends_with_a_final_update(http: httpx.AsyncClient) -> None:
    body = {"jsonrpc": "2.0", "id": "s", "method": "message/stream", "params": message("hi")}
    response = await http.post(f"/a2a/{CHAT}", json=body, headers={"accept": "text/event-stream"})

    frames = [orjson.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]
    assert {frame["id"] for frame in frames} == {"s"}
    results = [frame["result"] for frame in frames]
    assert (results[0]["kind"], results[0]["status"]["state"]) == ("task", "submitted")
    assert {result["kind"] for result in results[1:-2]} == {"status-update"}
    assert [results[-2][key] for key in ("kind", "append", "lastChunk")] == ["artifact-update", False, True]
    assert (results[-1]["final"], results[-1]["status"]["state"]) == (True, "completed")
    refused = await http.post(f"/a2a/{CHAT}", json=body, headers={"accept": "application/json"})
    assert (refused.status_code, set(refused.json())) == (400, {"error"})


async def test_data_is_the_input_beside_the_messages_and_files_are_blocks(http: httpx.AsyncClient) -> None:
    parts = [
        {"kind": "data", "data": {"city": "Rome"}},
        {"kind": "text", "text": "look"},
        {"kind": "file", "file": {"uri": "http://example.com/a.png", "mimeType": "image/png"}},
    ]
    task = (await rpc(http, "message/send", message("", parts=parts)))["result"]

    assert task["artifacts"][0]["parts"][0]["text"] == "Rome, 1"
    assert task["history"][0]["parts"] == parts[1:]
    thread = (await http.get(f"/threads/{task['contextId']}/state")).json()
    assert thread["values"]["messages"][0]["content"] == [
        {"type": "text", "text": "look"},
        {"type": "image", "url": "http://example.com/a.png", "mime_type": "image/png"},
    ]


async def test_history_can_be_that_of_the_task_alone(http: httpx.AsyncClient) -> None:
    first = (await rpc(http, "message/send", message("one")))["result"]
    again = message("two", contextId=first["contextId"], messageId="m2")
    await rpc(http, "message/send", again)

    asked = {"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"id": first["id"]}}
    told = await http.post(f"/a2a/{CONVERSING}", json=asked, headers={"langgraph-a2a-history-scope": "task"})

    assert [said["parts"][0]["text"] for said in told.json()["result"]["history"]] == ["one", "nowhere, 1"]


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("bogus", {}, -32601),
        (5, {}, -32601),
        (None, {}, -32600),
        ("message/send", None, -32602),
        ("message/send", [], -32602),
        ("message/send", {"message": 5}, -32602),
        ("message/send", message("x", messageId=None), -32602),
        ("message/send", message("x", role="system"), -32602),
        ("message/send", message("x", parts=[]), -32602),
        ("message/send", message("x", parts=[5]), -32005),
        ("message/send", message("x", parts=[{"kind": "zz"}]), -32005),
        ("message/send", message("x", contextId="zz"), -32602),
        ("message/send", message("x", contextId=5), -32602),
        ("message/send", message("x", taskId="zz"), -32001),
        ("message/send", message("x", taskId=f"{uuid4()}:{uuid4()}"), -32001),
        ("message/send", {**message("x"), "configuration": 5}, -32602),
        ("message/send", {**message("x"), "configuration": {"historyLength": "1"}}, -32602),
        ("message/send", {**message("x"), "configuration": {"pushNotificationConfig": {"url": 5}}}, -32602),
        ("tasks/get", {}, -32602),
        ("tasks/get", {"id": 5}, -32602),
        ("tasks/get", {"id": "zz"}, -32001),
        ("tasks/cancel", {"id": f"{uuid4()}:{uuid4()}"}, -32001),
        ("ListTasks", {"pageSize": 0}, -32602),
        ("ListTasks", {"pageToken": "x"}, -32602),
        ("ListTasks", {"status": "x"}, -32602),
        ("ListTasks", {"contextId": "x"}, -32602),
    ],
)
async def test_nonsense_is_refused_by_number(http: httpx.AsyncClient, method: Any, params: Any, code: int) -> None:
    refused = await rpc(http, method, params)
    assert refused["error"]["code"] == code
    assert refused["error"]["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"xx", -32700), (b"", -32700), (b"[]", -32600), (b"{}", -32600), (b'{"jsonrpc":"2.0","method":"x"}', -32600)],
)
async def test_what_is_no_request_is_answered_without_an_id(http: httpx.AsyncClient, body: bytes, code: int) -> None:
    response = await http.post(f"/a2a/{CONVERSING}", content=body)
    assert (response.status_code, response.json()["id"], response.json()["error"]["code"]) == (200, None, code)


async def test_a_task_that_is_over_takes_no_more_messages(http: httpx.AsyncClient) -> None:
    task = (await rpc(http, "message/send", message("hello")))["result"]
    refused = await rpc(http, "message/send", message("more", taskId=task["id"]))
    assert refused["error"]["code"] == -32004


async def test_an_agent_without_messages_takes_data_only(http: httpx.AsyncClient) -> None:
    echo = str(assistant_id_of("echo"))
    refused = await rpc(http, "message/send", message("hello"), agent=echo)
    assert "does not support A2A conversational messages" in refused["error"]["message"]
    parts = [{"kind": "data", "data": {"said": 1}}]
    taken = await rpc(http, "message/send", message("", parts=parts), agent=echo)
    assert taken["result"]["status"]["state"] == "completed"


@pytest.mark.parametrize("path", ["/a2a/{}", "/a2a/{}/.well-known/agent-card.json"])
async def test_an_agent_has_a_card(http: httpx.AsyncClient, path: str) -> None:
    card = (await http.get(f"/.well-known/agent-card.json?assistant_id={CONVERSING}")).json()
    assert (await http.get(path.format(CONVERSING))).json() == card
    assert card["name"] == "conversing"
    assert card["url"] == f"{str(http.base_url).rstrip('/')}/a2a/{CONVERSING}"
    assert card["capabilities"]["pushNotifications"] is True
    assert card["skills"][0]["metadata"]["inputSchema"]["properties"] == ["city", "messages"]


@pytest.mark.parametrize("query", ["", "?assistant_id=zz", "?assistant_id=0f0e9c1e-5a52-4c27-9f3c-a2b1d3c4e5f6"])
async def test_no_card_without_an_agent(http: httpx.AsyncClient, query: str) -> None:
    response = await http.get(f"/.well-known/agent-card.json{query}")
    assert response.status_code == 400
    assert response.json()["error"]["code"] == -32602


async def test_agents_that_are_not_there_are_told_in_the_answer(http: httpx.AsyncClient) -> None:
    for agent, words in (("zz", "must be a UUID"), (str(uuid4()), "not found")):
        refused = await rpc(http, "message/send", message("x"), agent=agent)
        assert refused["error"]["code"] == -32602
        assert words in refused["error"]["message"]
    assert (await http.delete(f"/a2a/{CONVERSING}")).status_code == 405
