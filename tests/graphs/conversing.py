"""Talks as agents do: answers in a structured way, asks back, fails, or takes its time, as its last message says."""

import asyncio
from typing import Annotated

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt
from typing_extensions import TypedDict


class PasswordError(Exception):
    """Its text must not reach a client."""


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    city: str


async def answer(state: State) -> State:
    match str(state["messages"][-1].text):
        case "ask":
            told = interrupt({"question": "which city?"})
            return {"messages": [AIMessage(f"so {told}")]}
        case "fail":
            raise PasswordError("hunter2")
        case "wait":
            await asyncio.sleep(60)
        case "table":
            return {"messages": [AIMessage([{"type": "text", "text": "here"}, {"type": "text", "text": "it is"}])]}
    return {"messages": [AIMessage(f"{state.get('city', 'nowhere')}, {len(state['messages'])}")]}


graph = StateGraph(State).add_node("answer", answer).add_edge(START, "answer").add_edge("answer", END).compile()
