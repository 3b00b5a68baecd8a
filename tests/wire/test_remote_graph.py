"""`RemoteGraph`: a graph of the server as a node of a local one, and by itself."""

import operator
from typing import Annotated, Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient
from typing_extensions import TypedDict

from tests.support.installation import Installation


class State(TypedDict, total=False):
    steps: int
    done: Annotated[list[int], operator.add]


@pytest.fixture
def remote(client: LangGraphClient, sync_client: SyncLangGraphClient) -> RemoteGraph:
    return RemoteGraph("steps", client=client, sync_client=sync_client)


def on(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


async def test_it_is_invoked_on_a_thread_and_without_one(remote: RemoteGraph, thread_id: str) -> None:
    assert await remote.ainvoke({"steps": 2}) == {"steps": 2, "done": [0, 1]}
    assert await remote.ainvoke({"steps": 2}, on(thread_id)) == {"steps": 2, "done": [0, 1]}
    assert await remote.ainvoke({"steps": 1}, on(thread_id)) == {"steps": 1, "done": [0, 1, 2]}


def test_it_is_invoked_and_streamed_synchronously(remote: RemoteGraph) -> None:
    assert remote.invoke({"steps": 1}) == {"steps": 1, "done": [0]}
    assert list(remote.stream({"steps": 2}, stream_mode="updates")) == [{"step": {"done": [n]}} for n in range(2)]


async def test_it_streams_in_several_modes(remote: RemoteGraph, thread_id: str) -> None:
    found: list[Any] = [
        part async for part in remote.astream({"steps": 2}, on(thread_id), stream_mode=["values", "updates"])
    ]
    assert [part[0] for part in found] == ["values", "updates", "values", "updates", "values"]
    assert found[-1][1] == {"steps": 2, "done": [0, 1]}


async def test_its_state_is_read_written_and_walked(remote: RemoteGraph, thread_id: str) -> None:
    await remote.ainvoke({"steps": 2}, on(thread_id))
    state = await remote.aget_state(on(thread_id))
    assert (state.values, state.next) == ({"steps": 2, "done": [0, 1]}, ())

    written = await remote.aupdate_state(on(thread_id), {"done": [9]}, as_node="step")

    assert (await remote.aget_state(written)).values["done"] == [0, 1, 9]
    assert (await remote.aget_state(on(thread_id))).next == ("step",)
    history = [one async for one in remote.aget_state_history(on(thread_id), limit=20)]
    assert [(one.metadata or {})["step"] for one in history] == [3, 2, 1, 0, -1]
    assert (await remote.aget_state(history[2].config)).values["done"] == [0]


async def test_an_error_there_is_an_error_here(client: LangGraphClient, sync_client: SyncLangGraphClient) -> None:
    failing = RemoteGraph("failing", client=client, sync_client=sync_client)
    with pytest.raises(Exception, match="boom!"):
        await failing.ainvoke({"how": "spoken"})


async def test_it_is_a_node_of_a_local_graph(
    remote: RemoteGraph, client: LangGraphClient, server: Installation, thread_id: str
) -> None:
    builder = StateGraph(State).add_node("before", lambda _: {"done": [7]}).add_node("remote", remote)
    builder.add_edge(START, "before").add_edge("before", "remote").add_edge("remote", END)
    local: Any = builder.compile(checkpointer=InMemorySaver())

    streamed = [
        part async for part in local.astream({"steps": 2}, on(thread_id), stream_mode="updates", subgraphs=True)
    ]

    done = local.get_state(on(thread_id)).values["done"]
    assert done == [7, 7, 1]
    assert [update for namespace, update in streamed if not namespace][-1]["remote"]["done"] == [7, 1]
    assert any("step" in update for namespace, update in streamed if namespace)


async def test_a_question_asked_there_interrupts_here_and_is_answered(
    client: LangGraphClient, sync_client: SyncLangGraphClient, thread_id: str
) -> None:
    asking = RemoteGraph("approval", client=client, sync_client=sync_client)
    told: Any = await asking.ainvoke({"log": []}, on(thread_id))
    state = await asking.aget_state(on(thread_id))
    assert told["log"] == ["drafted"]
    assert state.next == ("approve",)
    assert [task.interrupts[0].value for task in state.tasks] == [{"question": "send it?"}]
    resumed: Any = await client.runs.wait(thread_id, "approval", command={"resume": "yes"})
    assert resumed["log"] == ["drafted", "answered yes"]
