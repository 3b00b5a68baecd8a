"""Takes `steps` supersteps of `seconds` each and leaves the number of every step it took.

Where STEPS_JOURNAL names a file, each step is noted there as it begins: what was executed, not what was kept.
"""

import asyncio
import operator
import os
import time
from typing import Annotated

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

JOURNAL = os.environ.get("STEPS_JOURNAL")


class State(TypedDict, total=False):
    steps: int
    seconds: float
    done: Annotated[list[int], operator.add]


async def step(state: State, config: RunnableConfig) -> State:
    number = len(state.get("done", []))
    if JOURNAL:
        note(JOURNAL, config["metadata"]["run_id"], config["metadata"]["run_attempt"], number)
    await asyncio.sleep(state.get("seconds", 0.0))
    return {"done": [number]}


def note(journal: str, *facts: object) -> None:
    """One write a line, so that processes do not mix theirs."""
    line = " ".join(map(str, (*facts, time.time(), os.getpid())))
    file = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{line}\n".encode())
    os.close(file)


def more(state: State) -> str:
    return "step" if len(state["done"]) % state["steps"] else END


builder = StateGraph(State).add_node("step", step).add_edge(START, "step")
graph = builder.add_conditional_edges("step", more, ["step", END]).compile()
