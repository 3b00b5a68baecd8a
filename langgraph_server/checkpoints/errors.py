"""Refusals about checkpoints."""

from langgraph_server.errors import Invalid, Unavailable


class CheckpointerCannot(Invalid):
    message = "The application's checkpointer cannot {what}: {kind} does not implement {name}."


class NotMeasured(Invalid):
    message = "The storage of a thread cannot be measured: its checkpoints are kept by the application's checkpointer."


class CheckpointerFailed(Unavailable):
    message = "The application's checkpointer failed."
