"""What clients say of an assistant, encrypted before it is kept; and opened for its graph."""

from typing import Any

from assistants.models import Assistant
from langgraph_server.encryption import parts
from langgraph_server.encryption.cipher import Json
from langgraph_server.encryption.documents import opened

ASSISTANT = "assistant"


async def sealed(told: Json) -> dict[str, Any]:
    """As much of it as there is."""
    changes = dict(told)
    if told.get("config"):
        changes["config"] = await parts.configuration(ASSISTANT, told["config"])
    if told.get("context"):
        changes["context"] = await parts.context(ASSISTANT, told["context"])
    if told.get("metadata"):
        changes["metadata"] = await parts.metadata(ASSISTANT, told["metadata"])
    return changes


async def configured(assistant: Assistant) -> tuple[Any, Any]:
    """Its config and context."""
    config = await opened(ASSISTANT, "config", assistant.config)
    return config, await opened(ASSISTANT, "context", assistant.context)
