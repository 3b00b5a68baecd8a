"""Tells for whom it runs, from every place where the engine and the server say so."""

from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.runtime import get_runtime


class State(TypedDict, total=False):
    told: dict[str, Any]


def tell(state: State, config: RunnableConfig) -> State:
    configurable = config["configurable"]
    user = configurable["langgraph_auth_user"]
    info = get_runtime().server_info
    return {
        "told": {
            "identity": user and user.identity,
            "team": user and user.get("team"),
            "user_id": configurable["langgraph_auth_user_id"],
            "permissions": list(configurable["langgraph_auth_permissions"]),
            "runtime": info.user.identity if info and info.user else None,
            "display_name": user and user["display_name"],
        }
    }


graph = StateGraph(State).add_node("tell", tell).add_edge(START, "tell").compile()
