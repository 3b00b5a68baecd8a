"""The event protocol over a websocket."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.support.installation import Installation
from tests.support.protocol import EVERY, data, ends, followed, new_thread, start

Frame = dict[str, Any]


class Talk:
    """One connection: commands are numbered, all that arrives is kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.sent = 0
        self.heard: list[Frame] = []

    async def listen(self) -> None:
        async for text in self.socket:
            self.heard.append(orjson.loads(text))

    async def say(self, method: str, **params: Any) -> Frame:
        self.sent += 1
        await self.socket.send(orjson.dumps({"id": self.sent, "method": method, "params": params}).decode())
        return await self.until(lambda: next((f for f in self.heard if f.get("id") == self.sent), None))

    async def say_raw(self, text: str) -> Frame:
        count = len(self.heard)
        await self.socket.send(text)
        return await self.until(lambda: self.heard[count] if len(self.heard) > count else None)

    async def until(self, found: Callable[[], Frame | None]) -> Frame:
        async with asyncio.timeout(20):
            while (frame := found()) is None:
                await asyncio.sleep(0.02)
        return frame

    async def until_ends(self, count: int = 1) -> list[Frame]:
        await self.until(lambda: {} if len(ends(self.envelopes)) >= count else None)
        return self.envelopes

    @property
    def envelopes(self) -> list[Frame]:
        return [frame for frame in self.heard if frame["type"] == "event"]


@asynccontextmanager
async def talking(server: Installation, thread_id: str) -> AsyncIterator[Talk]:
    async with connect(address(server, f"/threads/{thread_id}/stream/events"), proxy=None) as socket:
        talk = Talk(socket)
        listening = asyncio.create_task(talk.listen())
        try:
            yield talk
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def address(server: Installation, path: str) -> str:
    return server.url.replace("http", "ws", 1) + path


async def test_a_socket_tells_what_the_stream_tells(server: Installation, http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    async with talking(server, thread_id) as talk:
        subscribed = await talk.say("subscription.subscribe", channels=EVERY)
        assert subscribed["result"].keys() == {"subscription_id", "replayed_events"}
        begun = await talk.say("run.start", assistant_id="nested", input={"path": []})
        assert begun["type"] == "success"
        heard = await talk.until_ends()

    assert heard == await followed(http, thread_id)


async def test_nothing_is_told_without_a_subscription(server: Installation) -> None:
    async with talking(server, new_thread()) as talk:
        await talk.say("subscription.subscribe", channels=["input"])
        await talk.say("run.start", assistant_id="echo", input={"said": 1})
        subscription = (await talk.say("subscription.subscribe", channels=["lifecycle"]))["result"]["subscription_id"]
        heard = await talk.until_ends()
        assert {frame["method"] for frame in heard} == {"lifecycle"}

        assert (await talk.say("subscription.unsubscribe", subscription_id=subscription))["result"] == {}
        await talk.say("run.start", assistant_id="echo", input={"said": 2})
        await asyncio.sleep(1)
        assert talk.envelopes == heard


async def test_a_late_subscription_gets_what_went_by(server: Installation, http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    async with talking(server, thread_id) as talk:
        await talk.say("subscription.subscribe", channels=["lifecycle"])
        await talk.say("run.start", assistant_id="echo", input={"said": 1})
        await talk.until_ends()

        late = await talk.say("subscription.subscribe", channels=["values"])

        values = [frame for frame in talk.envelopes if frame["method"] == "values"]
        assert values == await followed_values(http, thread_id)
        assert late["result"]["replayed_events"] == len(values)
        assert late["meta"]["applied_through_seq"] >= talk.envelopes[-1]["seq"]


async def followed_values(http: httpx.AsyncClient, thread_id: str) -> list[Frame]:
    found = await followed(http, thread_id, ["values", "lifecycle"])
    return [frame for frame in found if frame["method"] == "values"]


async def test_a_client_that_comes_back_gets_the_rest(server: Installation, http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "nested", input={"path": []})
    whole = await followed(http, thread_id)
    async with talking(server, thread_id) as talk:
        await talk.say("subscription.subscribe", channels=["lifecycle"])
        await talk.until_ends()
        talk.heard.clear()
        middle = whole[len(whole) // 2]["seq"]

        answer = await talk.say("subscription.reconnect", channels=EVERY, since=middle, subscription_id="mine")

        assert talk.envelopes == [frame for frame in whole if frame["seq"] > middle]
        assert answer["result"] == {"subscription_id": "mine", "replayed_events": len(talk.envelopes)}


async def test_a_gap_is_not_kept_secret(server: Installation, http: httpx.AsyncClient) -> None:
    """What is kept no longer, some time after a run's end, cannot be told again."""
    thread_id = new_thread()
    run_id = await start(http, thread_id, "echo", input={"said": 1})
    await followed(http, thread_id)
    await start(http, thread_id, "echo", input={"said": 2})
    whole = await followed(http, thread_id, runs=2)
    second = next(frame for frame in reversed(whole) if frame["params"]["data"].get("event") == "running")
    server.rows("DELETE FROM runs_runevent WHERE run_id = %s RETURNING seq", run_id)
    async with talking(server, thread_id) as talk:
        await talk.say("subscription.subscribe", channels=["lifecycle"])
        await talk.until_ends()

        answer = await talk.say("subscription.reconnect", channels=["values"], since=2)

        assert (answer["type"], answer["error"]) == ("error", "resume_gap")
        assert (answer["since"], answer["min_available_seq"]) == (2, second["seq"])
        assert "resume gap: since=2 is older than min_available_seq=" in answer["message"]
        beyond = await talk.say("subscription.reconnect", channels=["values"], since=second["seq"])
        assert beyond["type"] == "success"
    # The audit would miss what was taken away.
    await http.delete(f"/threads/{thread_id}")


async def test_an_answer_names_the_place_of_its_question(server: Installation) -> None:
    async with talking(server, new_thread()) as talk:
        await talk.say("subscription.subscribe", channels=["lifecycle", "input", "values"])
        await talk.say("run.start", assistant_id="inquiry", input={"log": []})
        found = await talk.until_ends()
        asked = next(frame for frame in found if frame["method"] == "input.requested")["params"]
        interrupt_id, namespace = asked["data"]["interrupt_id"], asked["namespace"]

        elsewhere = await talk.say("input.respond", interrupt_id=interrupt_id, response="yes")
        assert elsewhere["error"] == "no_such_interrupt"
        assert elsewhere["message"] == "Interrupt namespace does not match the pending interrupt."
        assert "applied_through_seq" in elsewhere["meta"]

        answer = await talk.say("input.respond", interrupt_id=interrupt_id, namespace=namespace, response="yes")
        assert answer["type"] == "success"
        found = await talk.until_ends(2)

    assert ends(found) == ["interrupted", "completed"]
    assert data(found, "values")[-1] == {"log": ["prepared", "prepared", "asked yes"]}


async def test_the_tree_is_told(server: Installation) -> None:
    async with talking(server, new_thread()) as talk:
        refused = await talk.say("agent.getTree")
        assert (refused["error"], "meta" in refused) == ("no_such_run", False)
        await talk.say("subscription.subscribe", channels=["lifecycle"])
        await talk.say("run.start", assistant_id="nested", input={"path": []})
        await talk.until_ends()

        tree = (await talk.say("agent.getTree"))["result"]["tree"]

    assert (tree["status"], tree["graph_name"], tree["children"][0]["graph_name"]) == ("completed", "nested", "child")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no json", "Protocol commands must be valid JSON."),
        ("[1]", "Protocol commands must include an integer id and string method."),
        ('{"method":"run.start"}', "Protocol commands must include an integer id and string method."),
        ('{"id":1,"method":"run.start","params":{"assistant_id":"\\u0000"}}', "NUL characters"),
        ("[" * 200 + "]" * 200, "Request body is nested more than 100 levels deep"),
    ],
)
async def test_nonsense_is_answered_and_the_connection_stays(server: Installation, text: str, told: str) -> None:
    async with talking(server, new_thread()) as talk:
        answer = await talk.say_raw(text)

        assert (answer["type"], answer["id"], answer["error"]) == ("error", None, "invalid_argument")
        assert answer["message"].startswith(told)
        assert (await talk.say("state.get"))["error"] == "unknown_command"


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("subscription.subscribe", {}, "invalid_argument"),
        ("subscription.subscribe", {"channels": ["bogus"]}, "invalid_argument"),
        ("subscription.reconnect", {"channels": ["values"], "since": 2}, "no_such_run"),
        ("subscription.unsubscribe", {}, "invalid_argument"),
        ("subscription.unsubscribe", {"subscription_id": "zz"}, "no_such_subscription"),
        ("input.respond", {"interrupt_id": "zz"}, "no_such_interrupt"),
    ],
)
async def test_a_subscription_that_makes_no_sense_is_refused(
    server: Installation, method: str, params: dict[str, Any], code: str
) -> None:
    async with talking(server, new_thread()) as talk:
        answer = await talk.say(method, **params)

    assert (answer["type"], answer["error"]) == ("error", code)


@pytest.mark.parametrize("path", ["/threads/nothing/stream/events", "/threads", "/elsewhere"])
async def test_where_nothing_can_be_followed_there_is_no_socket(server: Installation, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(address(server, path), proxy=None)

    assert refused.value.response.status_code == 403
