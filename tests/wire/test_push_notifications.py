"""Receivers of push notifications are told of a task's ends, in the client's dialect, with what they asked for."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import orjson
import pytest
from a2a.client import A2ACardResolver, ClientConfig, create_client
from a2a.types import (
    DeleteTaskPushNotificationConfigRequest,
    GetTaskPushNotificationConfigRequest,
    ListTaskPushNotificationConfigsRequest,
    TaskPushNotificationConfig,
)

from assistants.builtin import assistant_id_of
from tests.support.installation import IMPATIENT, Installation, installed
from tests.webhooks.conftest import Receiver, receiving

PATH = f"/a2a/{assistant_id_of('conversing')}"
WEBHOOKS = {"url": {"disable_loopback": False, "require_https": False}}


@pytest.fixture(scope="module")
def pushing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server that may reach this machine."""
    settings = {**IMPATIENT, "LANGGRAPH_WEBHOOKS": orjson.dumps(WEBHOOKS).decode()}
    with installed(tmp_path_factory.mktemp("pushing"), settings=settings) as installation:
        installation.start()
        yield installation
        assert installation.troubles() == []


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


async def rpc(server: Installation, method: str, params: Any) -> Any:
    async with server.http() as http:
        response = await http.post(PATH, json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    assert response.status_code == 200
    return response.json()


def sending(text: str, receiver: Receiver | None = None, **fields: Any) -> dict[str, Any]:
    said = {"role": "user", "messageId": str(uuid4()), "parts": [{"kind": "text", "text": text}], **fields}
    if receiver is None:
        return {"message": said}
    basic = {"schemes": ["Basic"], "credentials": "abc"}
    push = {"url": f"{receiver.url}/task", "token": "sesame", "authentication": basic}
    return {"message": said, "configuration": {"pushNotificationConfig": push}}


async def test_a_receiver_named_with_the_message_is_told_of_each_rest(
    pushing: Installation, receiver: Receiver
) -> None:
    asked = (await rpc(pushing, "message/send", sending("ask", receiver)))["result"]
    pushing.until(lambda: len(receiver.received) == 1)
    await rpc(pushing, "message/send", sending("Rome", taskId=asked["id"]))
    pushing.until(lambda: len(receiver.received) == 2)

    assert [body["status"]["state"] for body in receiver.bodies] == ["input-required", "completed"]
    assert {body["id"] for body in receiver.bodies} == {asked["id"]}
    assert receiver.bodies[1]["artifacts"][0]["parts"] == [{"kind": "text", "text": "so Rome"}]
    assert set(receiver.bodies[1]) == {"kind", "id", "contextId", "history", "status", "artifacts"}
    line, headers, _ = receiver.received[0]
    assert line == "POST /task"
    assert (headers["x-a2a-notification-token"], headers["authorization"]) == ("sesame", "Basic abc")


async def test_the_runs_of_a_task_do_not_show_the_receivers_secrets(pushing: Installation, receiver: Receiver) -> None:
    task = (await rpc(pushing, "message/send", sending("hello", receiver)))["result"]
    async with pushing.http() as http:
        runs = await http.get(f"/threads/{task['contextId']}/runs")
    assert len(runs.json()) == 1
    assert "sesame" not in runs.text


async def test_a_receiver_named_while_the_task_runs_is_told(pushing: Installation, receiver: Receiver) -> None:
    waiting = sending("wait")
    waiting["configuration"] = {"returnImmediately": True}
    task = (await rpc(pushing, "SendMessage", waiting))["result"]["task"]
    pushing.until(lambda: pushing.value("SELECT count(*) FROM runs_run WHERE status = 'running'") == 1)
    config = {"taskId": task["id"], "id": "c1", "url": receiver.url, "token": "sesame"}

    made = (await rpc(pushing, "CreateTaskPushNotificationConfig", config))["result"]
    assert made == config
    asked = {"taskId": task["id"], "id": "c1"}
    assert (await rpc(pushing, "GetTaskPushNotificationConfig", asked))["result"] == config
    assert (await rpc(pushing, "ListTaskPushNotificationConfigs", asked))["result"] == {"configs": [config]}
    old = (await rpc(pushing, "tasks/pushNotificationConfig/get", {"id": task["id"]}))["result"]
    assert (old["taskId"], old["pushNotificationConfig"]["url"]) == (task["id"], receiver.url)
    await rpc(pushing, "CancelTask", {"id": task["id"]})
    pushing.until(lambda: bool(receiver.received))

    [told] = receiver.bodies
    assert (set(told), told["task"]["id"]) == ({"task"}, task["id"])
    assert told["task"]["status"]["state"] == "TASK_STATE_CANCELED"
    late = await rpc(pushing, "CreateTaskPushNotificationConfig", config)
    assert late["error"]["code"] == -32004


async def test_a_receiver_that_is_forgotten_is_told_nothing(pushing: Installation, receiver: Receiver) -> None:
    asked = (await rpc(pushing, "message/send", sending("ask")))["result"]
    config = {"url": receiver.url}
    put = {"taskId": asked["id"], "pushNotificationConfig": config}
    assert "result" in await rpc(pushing, "tasks/pushNotificationConfig/set", put)
    gone = await rpc(pushing, "tasks/pushNotificationConfig/delete", {"id": asked["id"]})
    assert gone == {"jsonrpc": "2.0", "id": 1, "result": None}
    assert (await rpc(pushing, "tasks/pushNotificationConfig/list", {"id": asked["id"]}))["result"] == []

    await rpc(pushing, "message/send", sending("Rome", taskId=asked["id"]))

    assert receiver.received == []
    assert pushing.value("SELECT count(*) FROM webhooks_delivery WHERE body ->> 'id' = %s", asked["id"]) == 0


async def test_the_official_client_names_and_forgets_receivers(pushing: Installation, receiver: Receiver) -> None:
    asked = (await rpc(pushing, "message/send", sending("ask")))["result"]
    async with pushing.http() as http:
        card = await A2ACardResolver(http, f"{pushing.url}{PATH}").get_agent_card()
        client = await create_client(card, ClientConfig(httpx_client=http))
        config = TaskPushNotificationConfig(task_id=asked["id"], id="c1", url=receiver.url, token="sesame")

        made = await client.create_task_push_notification_config(config)

        named = {"task_id": asked["id"], "id": "c1"}
        assert made == config
        assert await client.get_task_push_notification_config(GetTaskPushNotificationConfigRequest(**named)) == config
        listing = ListTaskPushNotificationConfigsRequest(task_id=asked["id"])
        assert list((await client.list_task_push_notification_configs(listing)).configs) == [config]
        await client.delete_task_push_notification_config(DeleteTaskPushNotificationConfigRequest(**named))
        assert not (await client.list_task_push_notification_configs(listing)).configs


@pytest.mark.parametrize(
    "push",
    [
        {"url": "http://169.254.169.254/x"},
        {"url": "ftp://example.com/"},
        {"url": "http://127.0.0.1:1/", "token": "a\r\nx: y"},
        {"url": "http://127.0.0.1:1/", "authentication": {"schemes": ["Basic"], "credentials": "a\nb"}},
        {"url": "http://127.0.0.1:1/", "authentication": 5},
        {"url": "http://127.0.0.1:1/", "authentication": {"schemes": 5, "credentials": "a"}},
        {"url": "http://127.0.0.1:1/", "token": 5},
        {"url": "http://127.0.0.1:1/", "id": 5},
    ],
)
async def test_a_receiver_that_cannot_be_is_refused(pushing: Installation, push: dict[str, Any]) -> None:
    before = pushing.value("SELECT count(*) FROM runs_run")
    refused = await rpc(pushing, "message/send", {**sending("x"), "configuration": {"pushNotificationConfig": push}})
    assert refused["error"]["code"] == -32602
    assert pushing.value("SELECT count(*) FROM runs_run") == before
