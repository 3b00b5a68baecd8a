"""Refusals about threads."""

from langgraph_server.errors import BadRequest, Conflict, Invalid, NotFound


class ThreadNotFound(NotFound):
    message = "Thread with ID {thread_id} not found"


class ThreadGone(NotFound):
    """Where the wire has no sentence of its own."""


class ThreadExists(Conflict):
    message = "Thread with ID {thread_id} already exists"


class ThreadHasRuns(Conflict):
    message = "Thread {thread_id} has in-flight runs: wait for their end or cancel them"


class ThreadHasNoGraph(BadRequest):
    message = (
        "Thread '{thread_id}' has no assigned graph ID. This usually occurs when no runs have been made on this "
        "particular thread. Create the thread with metadata that names a graph_id, or run an assistant on it first."
    )


class CannotBePruned(Invalid):
    message = "keep_latest is not possible: {reason}"
