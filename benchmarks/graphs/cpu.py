"""A badly behaved run: a synchronous node that computes and keeps the interpreter to itself."""

import hashlib
import time
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class Cpu(TypedDict, total=False):
    ms: float
    #: How much there is to do, however long it takes; instead of `ms`.
    work: int
    rounds: int


def burn(state: Cpu) -> Cpu:
    end = time.perf_counter() + state.get("ms", 100.0) / 1000
    work = state.get("work")
    digest, rounds = b"", 0
    while time.perf_counter() < end if work is None else rounds < work:
        digest, rounds = hashlib.sha256(digest).digest(), rounds + 1
    return {"rounds": rounds}


builder = StateGraph(Cpu)
builder.add_node("burn", burn)
builder.add_edge(START, "burn")
builder.add_edge("burn", END)

graph = builder.compile()
