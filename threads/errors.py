"""Refusals about threads."""

from langgraph_server.errors import BadRequest, Conflict, NotFound


class ThreadNotFound(NotFound):
    message = "Thread with ID {thread_id} not found"


class ThreadExists(Conflict):
    message = "Thread with ID {thread_id} already exists"


class ThreadHasNoGraph(BadRequest):
    message = (
        "Thread '{thread_id}' has no assigned graph ID. This usually occurs when no runs have been made on this "
        "particular thread. Create the thread with metadata that names a graph_id, or run an assistant on it first."
    )
