"""Raises what its input names: a spoken error, a masked one, or the end of the whole process."""

import os

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    how: str
    before: str


class SecretError(Exception):
    """Its text must not reach a client."""


def prepare(state: State) -> State:
    return {"before": "kept"}


def fail(state: State) -> State:
    if state["how"] == "exit":
        os._exit(1)
    raise ValueError("boom!") if state["how"] == "spoken" else SecretError("the password")


builder = StateGraph(State).add_node("prepare", prepare).add_node("fail", fail)
graph = builder.add_edge(START, "prepare").add_edge("prepare", "fail").add_edge("fail", END).compile()
