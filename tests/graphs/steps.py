"""Takes `steps` supersteps of `seconds` each and leaves the number of every step it took."""

import asyncio
import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    steps: int
    seconds: float
    done: Annotated[list[int], operator.add]


async def step(state: State) -> State:
    await asyncio.sleep(state.get("seconds", 0.0))
    return {"done": [len(state.get("done", []))]}


def more(state: State) -> str:
    return "step" if len(state["done"]) % state["steps"] else END


builder = StateGraph(State).add_node("step", step).add_edge(START, "step")
graph = builder.add_conditional_edges("step", more, ["step", END]).compile()
