"""Asks from inside a subgraph."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


def prepare(state: State) -> State:
    return {"log": ["prepared"]}


def ask(state: State) -> State:
    return {"log": [f"asked {interrupt('inside?')}"]}


inner = StateGraph(State).add_node("ask", ask).add_edge(START, "ask").add_edge("ask", END).compile()
builder = StateGraph(State).add_node("prepare", prepare).add_node("inner", inner)
graph = builder.add_edge(START, "prepare").add_edge("prepare", "inner").add_edge("inner", END).compile()
