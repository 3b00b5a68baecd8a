"""Is told secrets in every way that there is, keeps them in the store, and asks about them."""

from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.config import get_config
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from typing_extensions import TypedDict


class State(TypedDict, total=False):
    messages: Annotated[list[AnyMessage], add_messages]
    #: Short enough to stand in the checkpoint's own row.
    note: str
    answer: str
    told: dict[str, Any]


class Context(TypedDict, total=False):
    hint: str


async def listen(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
    said = state["messages"][-1].text
    if said.startswith("fail"):
        raise ValueError(f"cannot keep {said}")
    assert runtime.store
    await runtime.store.aput(("secrets", "kept"), "last", {"said": said})
    kept = await runtime.store.aget(("secrets", "kept"), "last")
    hint = (runtime.context or {}).get("hint", "")
    told = {"kept": kept and kept.value["said"], "token": get_config()["configurable"].get("token"), "hint": hint}
    return {"note": said, "told": told, "messages": [AIMessage(f"I shall not tell {said}")]}


def ask(state: State) -> dict[str, Any]:
    if state["note"].startswith("ask"):
        return {"answer": interrupt({"question": f"whom may I tell {state['note']}?"})}
    return {}


builder = StateGraph(State, context_schema=Context).add_node("listen", listen).add_node("ask", ask)
graph = builder.add_edge(START, "listen").add_edge("listen", "ask").add_edge("ask", END).compile()
