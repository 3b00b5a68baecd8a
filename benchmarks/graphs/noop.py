"""The smallest run: one node that adds one, so that what is measured is the server."""

from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class Noop(TypedDict):
    n: int


async def add_one(state: Noop) -> Noop:
    return {"n": state["n"] + 1}


builder = StateGraph(Noop)
builder.add_node("add_one", add_one)
builder.add_edge(START, "add_one")
builder.add_edge("add_one", END)

graph = builder.compile()
