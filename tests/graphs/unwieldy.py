"""A state that Postgres refuses: a key that fits into no index, and cannot be compressed to do so."""

import random
from dataclasses import field, make_dataclass
from typing import Any

from langgraph.graph import END, START, StateGraph

LETTERS = random.Random(7)
LONG = "".join(chr(LETTERS.randrange(0x4E00, 0x9FFF)) for _ in range(3000))
State: Any = make_dataclass("State", [("said", str), (LONG, list[str], field(default_factory=list))])


def grow(state: Any) -> dict[str, list[str]]:
    return {LONG: [state.said]}


graph = StateGraph(State).add_node("grow", grow).add_edge(START, "grow").add_edge("grow", END).compile()
