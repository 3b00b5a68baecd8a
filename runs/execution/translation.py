"""What a graph yields becomes events: (namespace, mode, payload) → SSE name and JSON."""

from typing import Any

from langchain_core.messages import BaseMessage

from langgraph_server import encoding
from runs.choices import StreamMode
from runs.execution.invocation import Invocation

#: LangGraph's `messages` mode is `messages-tuple` on the wire, though its events are called `messages`.
WIRE_MODES = {"messages": StreamMode.MESSAGES_TUPLE}


def translate(invocation: Invocation, namespace: tuple[str, ...], mode: str, payload: Any) -> tuple[str, bytes] | None:
    """None for what the client did not ask for."""
    if WIRE_MODES.get(mode, mode) not in invocation.wanted:
        return None
    if namespace and not invocation.subgraphs:
        return None
    name = "|".join((mode, *namespace))
    return name, encoding.dumps(message_pair(payload) if mode == "messages" else payload)


def message_pair(payload: tuple[Any, dict[str, Any]]) -> list[Any]:
    message, metadata = payload
    return [message.model_dump() if isinstance(message, BaseMessage) else message, metadata]
