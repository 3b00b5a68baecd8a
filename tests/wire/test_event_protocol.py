"""Commands for a thread, and its events as one stream, over HTTP."""

import asyncio
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support import protocol
from tests.support.installation import Installation
from tests.support.protocol import Envelope, command, data, ends, followed, following, new_thread, of_root, start, story
from tests.support.sse import HEARTBEAT

NOWHERE = "00000000-0000-4000-8000-000000000000"
VISIBLE = ["lifecycle", "values", "input"]


async def test_a_run_tells_its_life_in_order(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    run_id = await start(http, thread_id, "nested", input={"path": []})

    found = await followed(http, thread_id, VISIBLE)

    assert story(found) == [
        ("lifecycle", "", "running"),
        ("values", "", {"path": []}),
        ("values", "", {"path": ["outer"]}),
        ("values", "child", {"path": ["outer"]}),
        ("lifecycle", "child", "started"),
        ("values", "child", {"path": ["outer", "inner"]}),
        ("lifecycle", "child", "completed"),
        ("values", "", {"path": ["outer", "outer", "inner"]}),
        ("lifecycle", "", "completed"),
    ]
    first, *_, last = found
    assert first["seq"] == 1
    assert first["event_id"] == f"synth:{run_id}:lc||running"
    assert last["event_id"] == f"synth:{run_id}:lc||completed"
    assert last["params"]["data"] == {"event": "completed", "graph_name": "nested"}
    assert all(isinstance(one["params"]["timestamp"], int) for one in found)


async def test_whoever_follows_gets_the_same_numbers_and_ids(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    async with following(http, thread_id) as live:
        await start(http, thread_id, "nested", input={"path": []})
        await live.until_ends(1)
        await start(http, thread_id, "echo", input={"said": 1})
        seen = await live.until_ends(2)

    replayed = await followed(http, thread_id, runs=2)

    assert replayed == seen
    numbers = [one["seq"] for one in seen]
    assert numbers == sorted(set(numbers))
    assert len({one["event_id"] for one in seen}) == len(seen)


async def test_what_was_seen_is_left_out_with_since(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "nested", input={"path": []})
    await followed(http, thread_id)
    await start(http, thread_id, "echo", input={"said": 1})
    whole = await followed(http, thread_id, runs=2)
    middle = whole[len(whole) // 2]["seq"]

    rest = await followed(http, thread_id, since=middle, runs=len(ends([o for o in whole if o["seq"] > middle])))

    assert rest == [one for one in whole if one["seq"] > middle]


async def test_numbers_stay_when_an_older_run_is_deleted(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id = new_thread()
    first = await start(http, thread_id, "echo", input={"said": 1})
    await followed(http, thread_id)
    second = await start(http, thread_id, "echo", input={"said": 2})
    whole = await followed(http, thread_id, runs=2)
    await client.runs.delete(thread_id, first)

    left = await followed(http, thread_id)

    assert left == whole[len(whole) - len(left) :]
    assert left[0]["event_id"] == f"synth:{second}:lc||running"


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"channels": ["lifecycle"]}, {("lifecycle", ""), ("lifecycle", "child")}),
        ({"channels": ["lifecycle", "custom"], "depth": 0, "namespaces": [[]]}, {("lifecycle", ""), ("custom", "")}),
        (
            {"channels": ["lifecycle", "values"], "namespaces": [["child"], ["no"]]},
            {("lifecycle", "child"), ("values", "child")},
        ),
        (
            {"channels": ["tasks", "updates"], "namespaces": "no", "depth": True, "since": -1},
            {("tasks", ""), ("tasks", "child"), ("updates", ""), ("updates", "child")},
        ),
    ],
)
async def test_a_follower_gets_what_it_asked_for(
    http: httpx.AsyncClient, asked: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "nested", input={"path": []})
    whole = await followed(http, thread_id)

    async with following(http, thread_id, **asked) as heard:
        await heard.until(lambda found: kinds(found) >= expected)
        await asyncio.sleep(0.2)

    assert kinds(heard.envelopes) == expected
    assert all(one in whole for one in heard.envelopes)


def kinds(found: list[Envelope]) -> set[tuple[str, str]]:
    return {(one["method"], protocol.place(one)) for one in found}


async def test_every_channel_of_the_engine_is_told(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "toolbox", input={"messages": []})

    found = await followed(http, thread_id)

    tools = data(found, "tools")
    assert [told["event"] for told in tools] == ["tool-started", "tool-finished"]
    assert tools[0] == {
        "event": "tool-started",
        "tool_call_id": "call_1",
        "tool_name": "add",
        "input": {"a": 1, "b": 2},
    }
    assert tools[1]["output"]["content"] == "3"
    assert [one["params"]["node"] for one in of_root(found, "updates")] == ["ask", "tools"]
    assert {told["name"] for told in data(found, "tasks")} == {"ask", "tools"}
    checkpoints = data(found, "checkpoints")
    assert [told["step"] for told in checkpoints] == [-1, 0, 1, 2]
    assert [told.get("parent_id") for told in checkpoints[1:]] == [told["id"] for told in checkpoints[:-1]]
    assert data(found, "custom") == [{"name": "steps", "payload": n} for n in (1, 2, 3)]


async def test_a_named_stream_of_the_graph_is_a_channel(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "toolbox", input={"messages": []})

    found = await followed(http, thread_id, ["custom:steps", "lifecycle"])
    others = await followed(http, thread_id, ["custom:other", "lifecycle"])

    assert [told["payload"] for told in data(found, "custom")] == [1, 2, 3]
    assert data(others, "custom") == []


async def test_tokens_are_told_as_content_blocks(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    asked = {"messages": [{"role": "user", "content": "hi"}], "tokens": 2}
    await start(http, thread_id, "chat", input=asked)

    found = await followed(http, thread_id)

    told = data(found, "messages")
    message_id = told[0]["id"]
    assert told == [
        {"event": "message-start", "role": "ai", "id": message_id},
        {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}},
        {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "t0 "}},
        {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "t1 "}},
        {"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": "t0 t1 "}},
        {"event": "message-finish"},
    ]
    human, answer = data(found, "values")[-1]["messages"]
    assert human == {"type": "human", "content": "hi", "id": human["id"]}
    assert answer == {
        "type": "ai",
        "content": [{"type": "text", "text": "t0 t1 ", "index": 0}],
        "id": message_id,
        "response_metadata": {"output_version": "v1"},
    }


async def test_an_interrupt_is_asked_and_answered(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "inquiry", input={"log": []})
    async with following(http, thread_id, VISIBLE) as heard:
        found = await heard.until(lambda found: ("lifecycle", "inner", "interrupted") in story(found))
        asked = next(one for one in found if one["method"] == "input.requested")
        interrupt_id = asked["params"]["data"]["interrupt_id"]
        assert asked["params"]["data"] == {"interrupt_id": interrupt_id, "payload": "inside?", "value": "inside?"}
        assert protocol.place(asked) == "inner"
        told = story(found)
        assert told[told.index(("input.requested", "inner", asked["params"]["data"])) + 1] == (
            "lifecycle",
            "",
            "interrupted",
        )
        assert ends(found) == ["interrupted"]

        answered = await command(http, thread_id, "input.respond", interrupt_id=interrupt_id, response="yes")
        assert (answered["type"], answered["result"]) == ("success", {})
        found = await heard.until_ends(2)

    assert ends(found) == ["interrupted", "completed"]
    assert of_root(found, "values")[-1]["params"]["data"] == {"log": ["prepared", "prepared", "asked yes"]}
    again = await command(http, thread_id, "input.respond", interrupt_id=interrupt_id, response="again")
    assert (again["type"], again["error"]) == ("error", "no_such_interrupt")
    assert again["message"] == f"Unknown or already-consumed interrupt: {interrupt_id}"


async def test_one_of_two_answers_to_the_same_question_is_refused(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "approval", input={"log": []})
    found = await followed(http, thread_id)
    interrupt_id = data(found, "input.requested")[0]["interrupt_id"]

    answers = await asyncio.gather(
        *(command(http, thread_id, "input.respond", interrupt_id=interrupt_id, response=n) for n in range(3))
    )

    assert sorted(answer["type"] for answer in answers) == ["error", "error", "success"]
    found = await followed(http, thread_id, runs=2)
    assert len(data(found, "values")[-1]["log"]) == 2


async def test_answers_may_come_together_with_an_update(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "approval", input={"log": []})
    found = await followed(http, thread_id)
    one = {"interrupt_id": data(found, "input.requested")[0]["interrupt_id"], "response": "ok"}

    answered = await command(http, thread_id, "input.respond", responses=[one], update={"log": ["noted"]})

    assert answered["type"] == "success"
    found = await followed(http, thread_id, runs=2)
    assert data(found, "values")[-1]["log"] == ["drafted", "noted", "answered ok"]


async def test_input_for_a_waiting_thread_is_its_answer(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "approval", input={"log": []})
    await followed(http, thread_id)

    await start(http, thread_id, "approval", input="go")

    found = await followed(http, thread_id, runs=2)
    assert data(found, "values")[-1] == {"log": ["drafted", "answered go"]}


async def test_a_run_may_fork_from_a_checkpoint(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "nested", input={"path": []})
    found = await followed(http, thread_id)
    second = of_root(found, "checkpoints")[1]["params"]["data"]["id"]

    config = {"configurable": {"checkpoint_id": second}}
    await start(http, thread_id, "nested", config=config)

    forked = (await followed(http, thread_id, runs=2))[len(found) :]
    assert of_root(forked, "values")[-1]["params"]["data"] == {"path": ["outer", "outer", "inner"]}
    assert next(told["step"] for told in data(forked, "checkpoints") if told["step"] > 0) == 1


async def test_a_failure_says_why(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "failing", input={})

    found = await followed(http, thread_id)

    assert found[-1]["params"]["data"] == {"event": "failed", "graph_name": "failing", "error": "'how'"}


async def test_a_cancelled_run_is_interrupted(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id = new_thread()
    run_id = await start(http, thread_id, "steps", input={"steps": 200, "seconds": 0.05})
    async with following(http, thread_id) as heard:
        await heard.until(lambda found: len(data(found, "values")) > 1)
        await client.runs.cancel(thread_id, run_id)
        found = await heard.until_ends()

    assert ends(found) == ["interrupted"]


async def test_a_busy_thread_refuses_a_run_that_wants_it_alone(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    thread_id = new_thread()
    run_id = await start(http, thread_id, "steps", input={"steps": 200, "seconds": 0.05})

    answer = await command(http, thread_id, "run.start", assistant_id="steps", multitaskStrategy="reject")

    assert answer["error"] == "unknown_error"
    assert answer["message"].startswith("409: Thread is already running a task.")
    await client.runs.cancel(thread_id, run_id, wait=True)


async def test_input_waits_for_the_thread_to_come_to_rest(http: httpx.AsyncClient) -> None:
    """Only then is it known whether the input is an answer."""
    thread_id = new_thread()
    await start(http, thread_id, "steps", input={"steps": 4, "seconds": 0.2})

    await start(http, thread_id, "echo", input={"said": 2}, multitaskStrategy="reject")

    assert ends(await followed(http, thread_id, runs=2)) == ["completed", "completed"]


async def test_a_run_of_the_protocol_is_an_ordinary_run(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    thread_id = new_thread()
    run_id = await start(http, thread_id, "nested", input={"path": []}, metadata={"mine": 1})

    assert await client.runs.join(thread_id, run_id) == {"path": ["outer", "outer", "inner"]}
    run: Any = await client.runs.get(thread_id, run_id)
    assert run["metadata"]["mine"] == 1
    kwargs = run["kwargs"]
    assert kwargs["config"]["configurable"]["__event_streaming_v2"] is True
    assert (kwargs["resumable"], kwargs["subgraphs"], kwargs["durability"]) == (True, True, "async")
    assert "lifecycle" in kwargs["stream_mode"]
    parts = [part.event async for part in client.runs.join_stream(thread_id, run_id, last_event_id="-1")]
    assert parts[0] == "metadata"
    assert "values" in parts


async def test_a_resumable_run_of_the_other_routes_is_told_too(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    modes: Any = ["values", "updates", "custom", "messages-tuple", "tasks", "checkpoints"]
    async with following(http, thread_id) as live:
        run: Any = await client.runs.create(
            thread_id, "nested", input={"path": []}, stream_mode=modes, stream_subgraphs=True, stream_resumable=True
        )
        await client.runs.join(thread_id, run["run_id"])
        seen = await live.until_ends()

    assert story([o for o in seen if o["method"] in VISIBLE]) == [
        ("lifecycle", "", "running"),
        ("values", "", {"path": []}),
        ("values", "", {"path": ["outer"]}),
        ("values", "child", {"path": ["outer"]}),
        ("values", "child", {"path": ["outer", "inner"]}),
        ("values", "", {"path": ["outer", "outer", "inner"]}),
        ("lifecycle", "", "completed"),
    ]
    assert data(seen, "custom") == [{"payload": {"from": "outer"}}, {"payload": {"from": "inner"}}]
    assert [o["params"]["node"] for o in seen if o["method"] == "updates"] == ["outer", "inner", "child"]
    assert [(o["seq"], o["event_id"]) for o in await followed(http, thread_id)] == [
        (o["seq"], o["event_id"]) for o in seen
    ]


async def test_an_ordinary_run_is_told_as_it_happens_but_not_later(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with following(http, thread_id) as live:
        await asyncio.sleep(0.2)
        await client.runs.wait(thread_id, "approval", input={"log": []})
        seen = await live.until_ends()
        assert [told["payload"] for told in data(seen, "input.requested")] == [{"question": "send it?"}]
        assert ends(seen) == ["interrupted"]

    async with following(http, thread_id) as later:
        await start(http, thread_id, "approval", input="go")
        found = await later.until_ends()

    assert ends(found) == ["completed"]
    assert data(found, "input.requested") == []


async def test_who_was_there_learns_how_an_ordinary_run_ended(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    async with following(http, thread_id, ["lifecycle"]) as live:
        await asyncio.sleep(0.2)
        run: Any = await client.runs.create(thread_id, "steps", input={"steps": 5, "seconds": 0.1})
        (begun,) = await live.until(lambda found: found)
    await client.runs.join(thread_id, run["run_id"])

    found = await followed(http, thread_id, ["lifecycle"], since=begun["seq"])

    assert ends(found) == ["completed"]


async def test_a_thread_may_come_later_than_its_follower(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    async with following(http, thread_id) as heard:
        async with asyncio.timeout(15):
            while heard.body.count(HEARTBEAT) < 2:
                await asyncio.sleep(0.02)
        assert heard.envelopes == []
        await start(http, thread_id, "echo", input={"said": 1})
        assert ends(await heard.until_ends()) == ["completed"]


async def test_the_tree_of_a_thread_tells_its_latest_run(http: httpx.AsyncClient) -> None:
    thread_id = new_thread()
    await start(http, thread_id, "echo", input={"said": 1})
    await start(http, thread_id, "nested", input={"path": []})
    await followed(http, thread_id, runs=2)

    tree = (await command(http, thread_id, "agent.getTree"))["result"]["tree"]

    assert (tree["namespace"], tree["status"], tree["graph_name"]) == ([], "completed", "nested")
    assert [(child["graph_name"], child["status"]) for child in tree["children"]] == [("child", "completed")]


@pytest.mark.parametrize(
    ("method", "params", "code", "message"),
    [
        ("state.get", {}, "unknown_command", "Unknown protocol command: state.get"),
        ("agent.getTree", {}, "no_such_run", "No active run is bound to this thread."),
        ("run.start", {}, "invalid_argument", "run.start requires an assistant_id."),
        ("run.start", {"assistant_id": "nope"}, "unknown_error", "422: Invalid assistant: 'nope'."),
        ("run.start", {"assistant_id": NOWHERE}, "unknown_error", "404: Thread or assistant not found."),
        (
            "run.start",
            {"assistant_id": "echo", "config": {"configurable": {"checkpoint_id": "bad"}}},
            "invalid_argument",
            "Invalid config.configurable.checkpoint_id: 'bad'.",
        ),
        (
            "run.start",
            {"assistant_id": "echo", "langsmith_tracer": {"x": 1}},
            "invalid_argument",
            "langsmith_tracer has unsupported fields: ['x'].",
        ),
        ("run.start", {"assistant_id": "echo", "metadata": 4}, "unknown_error", "422: metadata"),
        ("input.respond", {"response": 1}, "invalid_argument", "input.respond requires an interrupt_id."),
        ("input.respond", {"responses": []}, "invalid_argument", "input.respond requires at least one response."),
        (
            "input.respond",
            {"interrupt_id": "zz", "response": 1},
            "no_such_interrupt",
            "Unknown or already-consumed interrupt: zz",
        ),
        ("subscription.subscribe", {"channels": []}, "invalid_argument", "subscription.subscribe requires"),
        ("subscription.unsubscribe", {"subscription_id": "zz"}, "no_such_subscription", "Unknown subscription: zz"),
        ("subscription.reconnect", {"channels": ["values"], "since": 0}, "no_such_run", "No active run"),
    ],
)
async def test_a_command_that_makes_no_sense_is_refused(
    http: httpx.AsyncClient, method: str, params: dict[str, Any], code: str, message: str
) -> None:
    answer = await command(http, new_thread(), method, **params)

    assert (answer["type"], answer["error"]) == ("error", code)
    assert answer["message"].startswith(message)
    assert "meta" not in answer


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"no json", {"detail": "Invalid JSON body"}),
        (b"[1]", {"type": "error", "id": None, "error": "invalid_argument"}),
        (b'{"id":"1","method":"run.start"}', {"type": "error", "id": "1", "error": "invalid_argument"}),
        (b'{"id":true,"method":"run.start"}', {"type": "error", "id": True, "error": "invalid_argument"}),
        (b'{"id":3,"method":4}', {"type": "error", "id": 3, "error": "invalid_argument"}),
    ],
)
async def test_what_is_no_command_has_status_400(http: httpx.AsyncClient, body: bytes, told: dict[str, Any]) -> None:
    response = await http.post(f"/threads/{NOWHERE}/commands", content=body)

    assert response.status_code == 400
    assert response.json().items() >= told.items()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"no json", "Invalid JSON body"),
        (b"[]", "channels is required and must be a non-empty array"),
        (b'{"channels":[]}', "channels is required and must be a non-empty array"),
        (
            b'{"channels":["bogus",1,"values","custom:"]}',
            "channels contains unsupported entries: bogus, 1, custom:. Allowed: values, updates, messages, tools, "
            "custom, lifecycle, input, tasks, or any `custom:<name>`.",
        ),
    ],
)
async def test_a_follower_must_name_channels(http: httpx.AsyncClient, body: bytes, detail: str) -> None:
    response = await http.post(f"/threads/{NOWHERE}/stream/events", content=body)

    assert (response.status_code, response.json()) == (400, {"detail": detail})


async def test_events_are_asked_for_with_post(http: httpx.AsyncClient) -> None:
    response = await http.get(f"/threads/{NOWHERE}/stream/events")

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_a_thread_id_that_is_none_is_refused(http: httpx.AsyncClient) -> None:
    answer = await command(http, "nothing", "run.start", assistant_id="echo")
    assert (answer["error"], answer["message"]) == ("unknown_error", "422: Invalid thread ID")

    response = await http.post("/threads/nothing/stream/events", json={"channels": ["values"]})
    assert response.status_code == 422


async def test_only_runs_of_the_protocol_write_its_events(
    server: Installation, http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    """A run that nobody follows this way costs what it did before."""
    run: Any = await client.runs.create(thread_id, "nested", input={"path": []}, stream_resumable=True)
    await client.runs.join(thread_id, run["run_id"])

    kept = server.rows("SELECT event FROM runs_runevent WHERE run_id = %s ORDER BY seq", run["run_id"])

    assert [event for (event,) in kept] == ["metadata", "values", "values", "values", "end"]
