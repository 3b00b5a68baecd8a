"""A run whose state is as large as its input says, and different each time."""

import uuid
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class Large(TypedDict, total=False):
    bytes: int
    text: str


async def fill(state: Large) -> Large:
    word = uuid.uuid4().hex
    return {"text": (word * (state.get("bytes", 1000) // len(word) + 1))[: state.get("bytes", 1000)]}


builder = StateGraph(Large)
builder.add_node("fill", fill)
builder.add_edge(START, "fill")
builder.add_edge("fill", END)

graph = builder.compile()
