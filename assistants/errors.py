"""Refusals about assistants."""

from langgraph_server.errors import Conflict, Invalid, NotFound


class AssistantNotFound(NotFound):
    message = "Assistant {assistant_id} not found"


class AssistantGone(NotFound):
    """Where the wire has another sentence for the same."""

    message = "Assistant with ID {assistant_id} not found"


class AssistantExists(Conflict):
    message = "Assistant {assistant_id} already exists"


class VersionNotFound(NotFound):
    message = "Version {version} not found for assistant {assistant_id}"


class NotDrawable(Invalid):
    message = "The graph does not support visualization"
