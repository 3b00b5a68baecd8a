"""Raises what its input names: a spoken error, a masked one; or takes its whole process down, in several ways."""

import ctypes
import os
import signal

from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    how: str
    before: str


class SecretError(Exception):
    """Its text must not reach a client."""


def prepare(state: State) -> State:
    return {"before": "kept"}


def fail(state: State) -> State:
    match state["how"]:
        case "exit":
            os._exit(1)
        case "segfault":
            ctypes.string_at(0)
        case "killed":
            # As the kernel ends a process that takes all memory.
            os.kill(os.getpid(), signal.SIGKILL)
        case "memory":
            # An end all the same, for a machine that forgot the limit.
            held = [b"x" * 2**24 for _ in range(2**8)]
            raise MemoryError(f"{len(held)} pieces of 16 MiB were given")
        case "spoken":
            raise ValueError("boom!")
    raise SecretError("the password")


builder = StateGraph(State).add_node("prepare", prepare).add_node("fail", fail)
graph = builder.add_edge(START, "prepare").add_edge("prepare", "fail").add_edge("fail", END).compile()
