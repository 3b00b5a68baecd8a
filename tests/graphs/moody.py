"""Made anew for each use, unless its configuration puts it off."""

from echo import State, echo  # type: ignore[attr-defined]  # a module of this folder
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph


def graph(config: RunnableConfig) -> CompiledStateGraph:
    if config.get("configurable", {}).get("put_off"):
        raise RuntimeError("not today")
    return StateGraph(State).add_node("echo", echo).add_edge(START, "echo").add_edge("echo", END).compile()
