"""Sleeps in one async node, or in a sync one on a thread."""

import asyncio
import time

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    seconds: float
    blocking: bool
    slept: bool


async def sleep(state: State) -> State:
    if state.get("blocking"):
        time.sleep(state["seconds"])  # noqa: ASYNC251 - what bad code does
    await asyncio.sleep(state["seconds"])
    return {"slept": True}


graph = StateGraph(State).add_node("sleep", sleep).add_edge(START, "sleep").add_edge("sleep", END).compile()
