"""Made anew for each use, unless its configuration puts it off."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    said: str


def echo(state: State) -> State:
    return state


def graph(config: RunnableConfig) -> Any:
    if config.get("configurable", {}).get("put_off"):
        raise RuntimeError("not today")
    return StateGraph(State).add_node("echo", echo).add_edge(START, "echo").add_edge("echo", END).compile()
