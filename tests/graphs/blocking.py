"""Sleeps in a synchronous node, which runs on a thread, or computes there."""

import time

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    seconds: float
    computes: bool
    slept: bool


def sleep(state: State) -> State:
    if state.get("computes"):
        compute(state["seconds"])
    else:
        time.sleep(state["seconds"])
    return {"slept": True}


def compute(seconds: float) -> None:
    """By the thread's own clock: two at a time take twice as long."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


graph = StateGraph(State).add_node("sleep", sleep).add_edge(START, "sleep").add_edge("sleep", END).compile()
