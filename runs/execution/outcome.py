"""How an execution ended, as one value: what the graph left, what it raised, or why it was stopped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph.errors import EmptyChannelError, EmptyInputError, GraphRecursionError, InvalidUpdateError

from langgraph_server import encoding
from langgraph_server.encoding import storable
from runs import cancellation
from runs.choices import CancelAction, RunStatus
from runs.lease import Lease
from runs.settlement import Ending
from threads.choices import ThreadStatus

#: Their messages may be shown to clients (contract/runs.md, "Error objects"); all others are masked.
SPOKEN = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RuntimeError,
    RecursionError,
    TimeoutError,
    GraphRecursionError,
    InvalidUpdateError,
    EmptyInputError,
    EmptyChannelError,
)
MASK = "An internal error occurred"

Interrupts = Mapping[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Success:
    values: Any
    #: Task id → interrupts; empty unless the graph waits.
    interrupts: Interrupts
    #: Nodes are left to run: an interrupt, or interrupt_before/after.
    waits: bool


@dataclass(frozen=True, slots=True)
class Failure:
    error: BaseException
    values: Any


@dataclass(frozen=True, slots=True)
class Cancelled:
    action: str
    reason: str
    values: Any
    interrupts: Interrupts
    waits: bool


@dataclass(frozen=True, slots=True)
class TimedOut:
    seconds: float
    values: Any


@dataclass(frozen=True, slots=True)
class Abandoned:
    """Nothing to settle: the run goes back (shutdown, our own database), or is somebody else's already."""

    reason: str
    release: bool


Outcome = Success | Failure | Cancelled | TimedOut | Abandoned


def error_object(error: BaseException) -> dict[str, str]:
    message = str(error) if isinstance(error, SPOKEN) else MASK
    return {"error": type(error).__name__, "message": message}


def ending(lease: Lease, outcome: Success | Failure | Cancelled | TimedOut, *, final_seq: int | None) -> Ending:
    """What settlement writes for it."""
    ids = {"run_id": lease.run_id, "thread_id": lease.thread_id, "token": lease.token, "final_seq": final_seq}
    values = document(outcome.values)
    if isinstance(outcome, Success):
        return Ending(
            **ids,
            status=RunStatus.SUCCESS,
            values=values,
            interrupts=document(outcome.interrupts),
            thread_status=ThreadStatus.INTERRUPTED if outcome.waits else ThreadStatus.IDLE,
        )
    if isinstance(outcome, Failure):
        error = document(error_object(outcome.error))
        return Ending(**ids, status=RunStatus.ERROR, values=values, error=error, thread_status=ThreadStatus.ERROR)
    if isinstance(outcome, TimedOut):
        error = document({"error": "TimeoutError", "message": f"Run exceeded {outcome.seconds:.0f} seconds"})
        return Ending(**ids, status=RunStatus.TIMEOUT, values=values, error=error, thread_status=ThreadStatus.ERROR)
    rollback = outcome.action == CancelAction.ROLLBACK
    error = cancellation.error_text(outcome.action, outcome.reason)
    if rollback:
        return Ending(**ids, status=RunStatus.INTERRUPTED, error=error, rollback=True)
    return Ending(
        **ids,
        status=RunStatus.INTERRUPTED,
        error=error,
        values=values,
        interrupts=document(outcome.interrupts),
        thread_status=ThreadStatus.INTERRUPTED if outcome.waits else ThreadStatus.IDLE,
    )


def document(value: Any) -> str | None:
    return None if value is None else storable(encoding.dumps(value))
