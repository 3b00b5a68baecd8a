"""The chat graph: the model speaks, its tools run, and it speaks again until it calls none."""

from dataclasses import dataclass

from langchain_core.messages import BaseMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.runtime import Runtime

from chat.model import WordByWord
from chat.tools import TOOLS


@dataclass(frozen=True)
class Pace:
    """What a run may choose in its `context`."""

    delay: float = 0.05


async def speak(state: MessagesState, runtime: Runtime[Pace]) -> dict[str, list[BaseMessage]]:
    pace = runtime.context or Pace()
    return {"messages": [await WordByWord(delay=pace.delay).ainvoke(state["messages"])]}


builder = StateGraph(MessagesState, context_schema=Pace)
builder.add_node("model", speak)
builder.add_node("tools", ToolNode(TOOLS, handle_tool_errors=True))
builder.add_edge(START, "model")
builder.add_conditional_edges("model", tools_condition)
builder.add_edge("tools", "model")

graph = builder.compile()
