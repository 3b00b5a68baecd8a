"""The official SDK's threads stream, over both of its transports."""

import asyncio
from typing import Any, Literal

import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation

Transport = Literal["sse", "websocket"]
PATIENCE = 20


@pytest.fixture(params=["sse", "websocket"])
def transport(request: pytest.FixtureRequest) -> Transport:
    chosen: Transport = request.param
    return chosen


async def test_states_and_the_output(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="steps", transport=transport) as thread:
        started = await thread.run.start(input={"steps": 2})
        assert started["run_id"]
        states = [state async for state in thread.values]
        output: Any = await thread.output.with_timeout(PATIENCE)

    assert states[-1] == output == {"steps": 2, "done": [0, 1]}


async def test_tokens_of_a_message(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="chat", transport=transport) as thread:
        await thread.run.start(input={"messages": [{"role": "user", "content": "hi"}], "tokens": 3})
        messages = [message async for message in thread.messages]
        told = [[token async for token in message.text] for message in messages]

    assert told == [["t0 ", "t1 ", "t2 "]]


async def test_a_question_is_asked_with_its_value_and_answered(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="approval", transport=transport) as thread:
        await thread.run.start(input={"log": []})
        while not thread.interrupts:
            await asyncio.sleep(0.02)
        assert [asked["value"] for asked in thread.interrupts] == [{"question": "send it?"}]

        await thread.run.respond("yes")

        output: Any = await thread.output.with_timeout(PATIENCE)
    assert output == {"log": ["drafted", "answered yes"]}


async def test_a_question_of_a_subgraph(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="inquiry", transport=transport) as thread:
        await thread.run.start(input={"log": []})
        while not thread.interrupts:
            await asyncio.sleep(0.02)
        assert [place.split(":")[0] for place in thread.interrupts[0]["namespace"]] == ["inner"]

        await thread.run.respond("yes", interrupt_id=thread.interrupts[0]["interrupt_id"])

        output: Any = await thread.output.with_timeout(PATIENCE)
    assert output["log"][-1] == "asked yes"


async def test_a_tool_call_and_a_stream_of_the_graph(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="toolbox", transport=transport) as thread:
        await thread.run.start(input={"messages": []})
        calls = [call async for call in thread.tool_calls]
        assert [(call.name, call.input) for call in calls] == [("add", {"a": 1, "b": 2})]
        output: Any = await calls[0].output
        assert output["content"] == "3"


async def test_a_projection_of_the_graph(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="toolbox", transport=transport) as thread:
        await thread.run.start(input={"messages": []})
        assert [told["payload"] async for told in thread.extensions["steps"]] == [1, 2, 3]


async def test_subgraphs(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="nested", transport=transport) as thread:
        await thread.run.start(input={"path": []})
        found = [handle async for handle in thread.subgraphs]

    assert [(handle.graph_name, handle.status) for handle in found] == [("child", "completed")]


async def test_a_failure_is_raised_with_its_reason(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="failing", transport=transport) as thread:
        await thread.run.start(input={})
        with pytest.raises(RuntimeError, match="Run errored: 'how'"):
            await thread.output.with_timeout(PATIENCE)


async def test_an_unknown_assistant_is_refused(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="nope", transport=transport) as thread:
        with pytest.raises(RuntimeError, match=r"unknown_error.*422: Invalid assistant"):
            await thread.run.start(input={})


async def test_a_second_session_sees_what_the_first_left(client: LangGraphClient, transport: Transport) -> None:
    async with client.threads.stream(assistant_id="steps", transport=transport) as thread:
        await thread.run.start(input={"steps": 2})
        await thread.output.with_timeout(PATIENCE)
        thread_id = thread.thread_id
    async with client.threads.stream(thread_id, assistant_id="steps", transport=transport) as thread:
        output: Any = await thread.output.with_timeout(PATIENCE)

    assert output == {"steps": 2, "done": [0, 1]}


@pytest.mark.parametrize("channel", ["updates", "tasks", "checkpoints", "custom"])
async def test_the_other_channels(client: LangGraphClient, transport: Transport, channel: Any) -> None:
    async with client.threads.stream(assistant_id="nested", transport=transport) as thread:
        await thread.run.start(input={"path": []})
        first = await anext(thread.subscribe([channel]))

    assert first["method"] == channel


def test_the_synchronous_client(server: Installation, transport: Transport) -> None:
    with server.sync_client() as client, client.threads.stream(assistant_id="steps", transport=transport) as thread:
        thread.run.start(input={"steps": 2})
        assert list(thread.values)[-1] == {"steps": 2, "done": [0, 1]}
