"""A subgraph that writes a custom event, inside a graph that does too."""

import operator
from typing import Annotated

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    path: Annotated[list[str], operator.add]


def inner(state: State) -> State:
    get_stream_writer()({"from": "inner"})
    return {"path": ["inner"]}


def outer(state: State) -> State:
    get_stream_writer()({"from": "outer"})
    return {"path": ["outer"]}


child = StateGraph(State).add_node("inner", inner).add_edge(START, "inner").add_edge("inner", END).compile()
builder = StateGraph(State).add_node("outer", outer).add_node("child", child)
graph = builder.add_edge(START, "outer").add_edge("outer", "child").add_edge("child", END).compile()
