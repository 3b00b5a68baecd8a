"""Refusals about runs."""

from langgraph_server.errors import BadRequest, Conflict, Gone, Invalid, NotFound, TooMany


class RunNotFound(NotFound):
    message = "Run not found"


class EventsForgotten(Gone):
    message = "The events of this run are no longer kept. Its thread has the state."


class JoinedThreadNotFound(NotFound):
    message = "Thread not found"


class ThreadOrAssistantNotFound(NotFound):
    message = "Thread or assistant not found."


class UnknownAssistant(Invalid):
    message = (
        "Invalid assistant: '{assistant}'. Must be either:\n- A valid assistant UUID, or\n"
        "- One of the registered graphs: {graphs}"
    )


class ThreadBusy(Conflict):
    message = "Thread is already running a task. Wait for it to finish or choose a different multitask strategy."


class TooManyRuns(TooMany):
    message = "You have {most} active runs, and may not have more. Wait for one to end."


class NothingToCancel(NotFound):
    message = "No runs found to cancel."


class AlreadyOver(NotFound):
    message = (
        "No matching runs to cancel. Please verify the thread ID and run IDs are correct, and the runs haven't "
        "been deleted or completed."
    )


class ResumeNeedsThread(BadRequest):
    message = "You must provide a thread_id when resuming."
