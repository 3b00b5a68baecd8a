"""Tells what its process leaves alone when it looks for garbage."""

import gc

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    spared: int


def tell(state: State) -> State:
    return {"spared": gc.get_freeze_count()}


graph = StateGraph(State).add_node("tell", tell).add_edge(START, "tell").add_edge("tell", END).compile()
