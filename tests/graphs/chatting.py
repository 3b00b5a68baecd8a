"""A chat inside a subgraph."""

from chat import State  # type: ignore[attr-defined]  # there is an example of that name
from chat import graph as chat
from langgraph.graph import END, START, StateGraph

graph = StateGraph(State).add_node("inner", chat).add_edge(START, "inner").add_edge("inner", END).compile()
