"""A run of many supersteps, each of which changes one kilobyte that its checkpoint must hold."""

from typing import Literal, TypedDict

from langgraph.graph import START, StateGraph


class Steps(TypedDict, total=False):
    steps: int
    taken: int
    blob: str


async def step(state: Steps) -> Steps:
    taken = state.get("taken", 0) + 1
    return {"taken": taken, "blob": f"{taken:08d}" * 128}


def more(state: Steps) -> Literal["step", "__end__"]:
    return "step" if state["taken"] < state.get("steps", 10) else "__end__"


builder = StateGraph(Steps)
builder.add_node("step", step)
builder.add_edge(START, "step")
builder.add_conditional_edges("step", more)

graph = builder.compile()
