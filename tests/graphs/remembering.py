"""Keeps what it is told in the long-term store, and answers with all that it knows of the person."""

from typing import TypedDict

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime


class State(TypedDict, total=False):
    who: str
    said: str
    known: list[str]


async def remember(state: State, runtime: Runtime) -> State:
    assert runtime.store
    namespace = ("people", state["who"])
    await runtime.store.aput(namespace, state["said"], {"said": state["said"]})
    return {"known": [item.key for item in await runtime.store.asearch(namespace)]}


graph = StateGraph(State).add_node("remember", remember).add_edge(START, "remember").compile()
