"""Sleeps in a synchronous node, which runs on a thread."""

import time

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    seconds: float
    slept: bool


def sleep(state: State) -> State:
    time.sleep(state["seconds"])
    return {"slept": True}


graph = StateGraph(State).add_node("sleep", sleep).add_edge(START, "sleep").add_edge("sleep", END).compile()
