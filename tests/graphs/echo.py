"""Returns what it is given, with a count of how often it ran."""

from typing import Any

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    said: Any
    count: int


def echo(state: State) -> State:
    return {"count": state.get("count", 0) + 1}


graph = StateGraph(State).add_node("echo", echo).add_edge(START, "echo").add_edge("echo", END).compile()
