"""The graph of the real model: one node that answers, or says which key is missing."""

from langchain_core.messages import AIMessage, BaseMessage
from langgraph.graph import END, START, MessagesState, StateGraph

from real_model.endpoint import configured_endpoint
from real_model.model import RemoteChatModel

UNCONFIGURED = "No model is configured: start the server with OPENAI_API_KEY or ANTHROPIC_API_KEY set."


async def answer(state: MessagesState) -> dict[str, list[BaseMessage]]:
    endpoint = configured_endpoint()
    if endpoint is None:
        return {"messages": [AIMessage(content=UNCONFIGURED)]}
    return {"messages": [await RemoteChatModel(endpoint=endpoint).ainvoke(state["messages"])]}


builder = StateGraph(MessagesState)
builder.add_node("answer", answer)
builder.add_edge(START, "answer")
builder.add_edge("answer", END)

graph = builder.compile()
