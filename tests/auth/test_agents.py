"""Tools and agents of somebody else are not there either."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from assistants.builtin import assistant_id_of

CONVERSING = str(assistant_id_of("conversing"))


async def rpc(http: httpx.AsyncClient, path: str, method: str, params: Any) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    response = await http.post(path, json=message, headers={"accept": "application/json"})
    assert response.status_code == 200
    return response.json()


def said(**fields: Any) -> dict[str, Any]:
    part = {"kind": "text", "text": "ask"}
    return {"message": {"role": "user", "messageId": str(uuid4()), "parts": [part], **fields}}


@pytest.fixture
async def her_task(alice: httpx.AsyncClient) -> dict[str, Any]:
    task: dict[str, Any] = (await rpc(alice, f"/a2a/{CONVERSING}", "message/send", said()))["result"]
    assert task["status"]["state"] == "input-required"
    return task


@pytest.mark.parametrize("method", ["tasks/get", "tasks/cancel", "GetTaskPushNotificationConfig"])
async def test_a_task_is_seen_by_its_owner_alone(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, her_task: dict[str, Any], method: str
) -> None:
    missing = f"{uuid4()}:{uuid4()}"
    foreign = await rpc(bob, f"/a2a/{CONVERSING}", method, {"id": her_task["id"]})
    nothing = await rpc(bob, f"/a2a/{CONVERSING}", method, {"id": missing})

    assert foreign["error"]["code"] == -32001
    assert str(foreign).replace(her_task["id"], "") == str(nothing).replace(missing, "")
    assert (await rpc(alice, f"/a2a/{CONVERSING}", "tasks/get", {"id": her_task["id"]}))["result"]


async def test_nobody_goes_on_with_a_foreign_task_or_context(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, her_task: dict[str, Any]
) -> None:
    by_task = await rpc(bob, f"/a2a/{CONVERSING}", "message/send", said(taskId=her_task["id"]))
    by_context = await rpc(bob, f"/a2a/{CONVERSING}", "message/send", said(contextId=her_task["contextId"]))

    assert by_task["error"]["code"] == -32001
    assert by_context["error"]["code"] == -32602
    assert len((await alice.get(f"/threads/{her_task['contextId']}/runs")).json()) == 1


async def test_lists_show_what_is_ones_own(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient, her_task: dict[str, Any]
) -> None:
    hers = await rpc(alice, f"/a2a/{CONVERSING}", "ListTasks", {})
    his = await rpc(bob, f"/a2a/{CONVERSING}", "ListTasks", {"contextId": her_task["contextId"]})

    assert her_task["id"] in [task["id"] for task in hers["result"]["tasks"]]
    assert (his["result"]["tasks"], his["result"]["totalSize"]) == ([], 0)


async def test_an_assistant_is_its_owners_tool(alice: httpx.AsyncClient, bob: httpx.AsyncClient) -> None:
    name = f"hers_{uuid4().hex}"
    await alice.post("/assistants", json={"graph_id": "echo", "name": name})
    call = {"name": name, "arguments": {"said": 1}}

    assert name in str(await rpc(alice, "/mcp", "tools/list", {}))
    assert name not in str(await rpc(bob, "/mcp", "tools/list", {}))
    assert "result" in await rpc(alice, "/mcp", "tools/call", call)
    assert (await rpc(bob, "/mcp", "tools/call", call))["error"]["message"] == f"Unknown tool: {name}"


async def test_a_tool_acts_for_its_caller(alice: httpx.AsyncClient) -> None:
    told = await rpc(alice, "/mcp", "tools/call", {"name": "whoami", "arguments": {}})
    assert "alice" in told["result"]["content"][0]["text"]


async def test_who_may_make_no_runs_is_refused_in_the_answer(alice: httpx.AsyncClient) -> None:
    alice.headers["authorization"] = "Bearer alice:assertion"
    tool = await rpc(alice, "/mcp", "tools/call", {"name": "echo", "arguments": {}})
    task = await rpc(alice, f"/a2a/{CONVERSING}", "message/send", said())

    for refused in (tool, task):
        assert "so it is asserted" in refused["error"]["message"]
