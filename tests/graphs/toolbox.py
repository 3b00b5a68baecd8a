"""Calls a real tool, which tells how far it is, and projects a stream of its own."""

from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.prebuilt import ToolNode
from langgraph.stream import ProtocolEvent, StreamChannel, StreamTransformer
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]


class Steps(StreamTransformer):
    """Counts the states."""

    count = 0

    def init(self) -> dict[str, Any]:
        self.steps: StreamChannel[int] = StreamChannel("steps")
        return {"steps": self.steps}

    def process(self, event: ProtocolEvent) -> bool:
        if event["method"] == "values" and not self.scope:
            self.count += 1
            self.steps.push(self.count)
        return True


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def ask(state: State) -> State:
    return {"messages": [AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1, "b": 2}, "id": "call_1"}])]}


builder = StateGraph(State).add_node("ask", ask).add_node("tools", ToolNode([add]))
builder.add_edge(START, "ask").add_edge("ask", "tools").add_edge("tools", END)
graph = builder.compile(transformers=[Steps])
