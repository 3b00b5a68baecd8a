"""Assistants as other protocols see them: which ones a caller may use, and what goes into their graphs."""

import importlib.metadata
import logging
from typing import Any
from uuid import UUID

from assistants import introspection
from assistants.errors import AssistantGone
from assistants.models import Assistant
from langgraph_server.api.streaming import WaitingView
from langgraph_server.auth.filters import Filter
from langgraph_server.errors import DomainError
from runs import visibility

logger = logging.getLogger(__name__)

VERSION = importlib.metadata.version("django-langgraph-server")

Schema = dict[str, Any]


def expect_usable(assistant_id: UUID, *, visible: Filter) -> Assistant:
    assistant = visibility.usable(assistant_id, visible=visible)
    if assistant is None:
        raise AssistantGone(assistant_id=assistant_id)
    return assistant


async def input_schema(view: WaitingView, assistant: Assistant) -> Schema | None:
    """None if the application's types allow no schema, or its factory makes no graph for this assistant."""
    try:
        described = await introspection.schemas_of(assistant, view.resources.store, caller=view.principal)
    except DomainError:
        raise
    except Exception:
        logger.warning("no graph to describe", exc_info=True, extra={"assistant_id": str(assistant.assistant_id)})
        return None
    schema: Schema | None = described["input_schema"]
    return schema
