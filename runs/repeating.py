"""Ask for a run once more, or answer the interrupts that a thread waits with: requests that the admin makes."""

from typing import Any

from langgraph_server.encryption.envelopes import ASIDE
from runs.merging import remembered
from runs.models import Run
from runs.requests import RunRequest
from threads.models import Thread

#: Where in the thread's history a run was asked to start.
PLACE = ("checkpoint_id", "checkpoint_ns", "checkpoint_map")


def again(run: Run) -> RunRequest:
    """The same as it was asked for, on its thread as it is now; after whatever the thread has in flight.

    What was encrypted of it stays so.
    """
    kwargs: dict[str, Any] = run.kwargs
    configurable = kwargs["config"]["configurable"]
    temporary = bool(kwargs.get("temporary"))
    return RunRequest(
        assistant=str(run.assistant_id),
        thread_id=None if temporary else run.thread_id,
        input=kwargs.get("input"),
        command=kwargs.get("command"),
        config=remembered(kwargs),
        metadata=run.metadata,
        checkpoint={key: configurable[key] for key in PLACE if key in configurable},
        stream_mode=tuple(kwargs["stream_mode"]),
        stream_subgraphs=kwargs["subgraphs"],
        stream_resumable=kwargs["resumable"],
        interrupt_before=kwargs["interrupt_before"],
        interrupt_after=kwargs["interrupt_after"],
        webhook=kwargs["webhook"],
        durability=kwargs["durability"],
        temporary=temporary,
        encryption=kwargs.get(ASIDE),
    )


def answer(thread: Thread, value: Any) -> RunRequest:
    """By the assistant that its last run was for."""
    return RunRequest(
        assistant=thread.metadata.get("assistant_id") or thread.metadata.get("graph_id") or "",
        thread_id=thread.thread_id,
        command={"resume": value},
    )
