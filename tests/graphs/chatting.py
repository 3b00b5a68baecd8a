"""A chat inside a subgraph."""

from chat import State  # type: ignore[attr-defined]  # an example has that name too
from chat import graph as chat  # type: ignore[attr-defined]  # an example has that name too
from langgraph.graph import END, START, StateGraph

graph = StateGraph(State).add_node("inner", chat).add_edge(START, "inner").add_edge("inner", END).compile()
