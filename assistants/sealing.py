"""What clients say of an assistant, encrypted before it is kept; and opened for its graph."""

from typing import Any

from assistants.models import Assistant
from langgraph_server.encryption import parts
from langgraph_server.encryption.cipher import Json
from langgraph_server.encryption.documents import opened

ASSISTANT = "assistant"


async def sealed(told: Json) -> dict[str, Any]:
    """As much of it as there is."""
    return {**told, **await parts.settings_in(ASSISTANT, told)}


async def configured(assistant: Assistant) -> tuple[Any, Any]:
    """Its config and context."""
    config = await opened(ASSISTANT, "config", assistant.config)
    return config, await opened(ASSISTANT, "context", assistant.context)
