"""A run that waits, as most runs of real agents do."""

import asyncio
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class Sleepy(TypedDict, total=False):
    seconds: float
    slept: bool


async def sleep(state: Sleepy) -> Sleepy:
    await asyncio.sleep(state.get("seconds", 1.0))
    return {"slept": True}


builder = StateGraph(Sleepy)
builder.add_node("sleep", sleep)
builder.add_edge(START, "sleep")
builder.add_edge("sleep", END)

graph = builder.compile()
