"""The search subgraph: one question, followed for some steps, each told as a custom event."""

import asyncio
import operator
from typing import Annotated, Literal, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph


class Search(TypedDict):
    question: str
    depth: int
    delay: float
    sources: Annotated[list[str], operator.add]


class Finding(TypedDict):
    question: str
    sources: list[str]


class Found(TypedDict):
    findings: list[Finding]


async def look(state: Search) -> dict[str, list[str]]:
    step = len(state["sources"]) + 1
    await asyncio.sleep(state["delay"])
    source = f"Source {step} on “{state['question']}”"
    get_stream_writer()({"question": state["question"], "step": step, "of": state["depth"], "found": source})
    return {"sources": [source]}


def deep_enough(state: Search) -> Literal["look", "conclude"]:
    return "conclude" if len(state["sources"]) >= state["depth"] else "look"


def conclude(state: Search) -> Found:
    return {"findings": [{"question": state["question"], "sources": state["sources"]}]}


builder = StateGraph(Search, output_schema=Found)
builder.add_node("look", look)
builder.add_node("conclude", conclude)
builder.add_edge(START, "look")
builder.add_conditional_edges("look", deep_enough)
builder.add_edge("conclude", END)

search = builder.compile()
