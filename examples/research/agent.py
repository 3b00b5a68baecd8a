"""The research graph: plan questions, search them side by side, gather what was found, write a report."""

import operator
from typing import Annotated, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from research.search import Finding, Search, search

ANGLES = ("What is known about {}?", "Who works on {}?", "What is open about {}?")


class Request(TypedDict, total=False):
    topic: str
    depth: int
    delay: float


class Research(Request, total=False):
    questions: list[str]
    findings: Annotated[list[Finding], operator.add]
    outline: list[str]
    report: str


class Report(TypedDict):
    report: str


def plan(state: Research) -> Research:
    questions = [angle.format(state.get("topic", "nothing in particular")) for angle in ANGLES]
    get_stream_writer()({"planned": questions})
    return {"questions": questions}


def fan_out(state: Research) -> list[Send]:
    return [Send("search", task(question, state)) for question in state["questions"]]


def task(question: str, state: Research) -> Search:
    return Search(question=question, depth=state.get("depth", 3), delay=state.get("delay", 0.5), sources=[])


def gather(state: Research) -> Research:
    found = [f"{finding['question']} {len(finding['sources'])} sources" for finding in state["findings"]]
    return {"outline": sorted(found)}


def write(state: Research) -> Report:
    lines = "\n".join(f"- {line}" for line in state["outline"])
    return {"report": f"# {state.get('topic', 'Report')}\n\n{lines}\n"}


builder = StateGraph(Research, input_schema=Request)
builder.add_node("plan", plan)
builder.add_node("search", search)
builder.add_node("gather", gather)
builder.add_node("write", write)
builder.add_edge(START, "plan")
builder.add_conditional_edges("plan", fan_out, ["search"])
builder.add_edge("search", "gather")
builder.add_edge("gather", "write")
builder.add_edge("write", END)

graph = builder.compile()
