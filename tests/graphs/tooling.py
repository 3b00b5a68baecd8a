"""A model that calls a slow tool, and answers whatever else it is told."""

import asyncio
from typing import Annotated

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    seconds: float


def model(state: State) -> State:
    last = state["messages"][-1]
    if last.type == "human" and last.content == "use the tool":
        call = {"name": "slow", "args": {}, "id": "call_1"}
        return {"messages": [AIMessage("", tool_calls=[call], id="calling")]}
    return {"messages": [AIMessage(f"after {last.type}: {last.content}")]}


async def tools(state: State) -> State:
    await asyncio.sleep(state.get("seconds", 0.0))
    return {"messages": [ToolMessage("done", tool_call_id="call_1", name="slow")]}


def calls(state: State) -> str:
    last = state["messages"][-1]
    return "tools" if isinstance(last, AIMessage) and last.tool_calls else END


builder = StateGraph(State).add_node("model", model).add_node("tools", tools)
builder.add_edge(START, "model").add_conditional_edges("model", calls, ["tools", END])
graph = builder.add_edge("tools", "model").compile()
