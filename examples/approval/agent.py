"""The approval graph: write a draft, ask a person, then send it, correct it or discard it."""

from typing import Literal, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt


class Approval(TypedDict, total=False):
    topic: str
    draft: str
    outcome: Literal["sent", "discarded"]


def write(state: Approval) -> Approval:
    topic = state.get("topic", "the launch")
    return {"draft": f"Dear team,\n\nhere is the news about {topic}.\n\nKind regards"}


def approve(state: Approval) -> Command[Literal["approve", "send", "discard"]]:
    """True sends and False discards; a string is a correction, and the question is asked again."""
    answer: bool | str = interrupt({"question": "Shall I send this?", "draft": state["draft"]})
    if isinstance(answer, str):
        return Command(goto="approve", update={"draft": answer})
    return Command(goto="send" if answer else "discard")


def send(state: Approval) -> Approval:
    return {"outcome": "sent"}


def discard(state: Approval) -> Approval:
    return {"outcome": "discarded"}


builder = StateGraph(Approval)
builder.add_node("write", write)
builder.add_node("approve", approve)
builder.add_node("send", send)
builder.add_node("discard", discard)
builder.add_edge(START, "write")
builder.add_edge("write", "approve")
builder.add_edge("send", END)
builder.add_edge("discard", END)

graph = builder.compile()
