"""Writes as many numbered events as it is told, with a pause after each."""

import asyncio

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    count: int
    seconds: float
    size: int


async def tick(state: State) -> State:
    write = get_stream_writer()
    for number in range(state["count"]):
        write({"tick": number, "padding": "x" * state.get("size", 0)} if state.get("size") else {"tick": number})
        await asyncio.sleep(state.get("seconds", 0.0))
    return {}


graph = StateGraph(State).add_node("tick", tick).add_edge(START, "tick").add_edge("tick", END).compile()
