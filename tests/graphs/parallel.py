"""Asks two people at once, and tells what both answered."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


def left(state: State) -> State:
    return {"log": [f"left {interrupt({'ask': 'left'})}"]}


def right(state: State) -> State:
    return {"log": [f"right {interrupt({'ask': 'right'})}"]}


def tell(state: State) -> State:
    return {"log": ["told"]}


builder = StateGraph(State).add_node("left", left).add_node("right", right).add_node("tell", tell)
builder.add_edge(START, "left").add_edge(START, "right")
graph = builder.add_edge(["left", "right"], "tell").add_edge("tell", END).compile()
