"""Asks a person before it goes on."""

import operator
from typing import Annotated

from langgraph.graph import END, START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    log: Annotated[list[str], operator.add]


def draft(state: State) -> State:
    return {"log": ["drafted"]}


def approve(state: State) -> State:
    return {"log": [f"answered {interrupt({'question': 'send it?'})}"]}


builder = StateGraph(State).add_node("draft", draft).add_node("approve", approve)
graph = builder.add_edge(START, "draft").add_edge("draft", "approve").add_edge("approve", END).compile()
