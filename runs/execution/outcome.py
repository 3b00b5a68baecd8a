"""How an execution ended, as one value: what the graph left, what it raised, or why it was stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypedDict

from langgraph.errors import EmptyChannelError, EmptyInputError, GraphRecursionError, InvalidUpdateError

from langgraph_server import encoding
from langgraph_server.checkpoints.statements import Statement
from langgraph_server.encryption.errors import EncryptionFailed
from runs import cancellation
from runs.choices import CancelAction, RunStatus
from runs.ending import Ending
from runs.lease import Lease
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
    EncryptionFailed,
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
    #: Its last checkpoints, which are to be committed with its end.
    writes: Sequence[Statement] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    error: BaseException
    values: Any


@dataclass(frozen=True, slots=True)
class Cancelled:
    action: str
    reason: str
    #: None: the state that it left could not be read.
    state: Success | None


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
    webhook = bool(lease.kwargs.get("webhook"))
    over = partial(Ending, lease.run_id, lease.thread_id, lease.token, final_seq=final_seq, webhook=webhook)
    match outcome:
        case Success():
            return over(RunStatus.SUCCESS, writes=outcome.writes, **left(outcome))
        case Failure(error=raised, values=values):
            error = document(error_object(raised))
            return over(RunStatus.ERROR, values=document(values), error=error, thread_status=ThreadStatus.ERROR)
        case TimedOut(seconds=seconds, values=values):
            error = document({"error": "TimeoutError", "message": f"Run exceeded {seconds:.0f} seconds"})
            return over(RunStatus.TIMEOUT, values=document(values), error=error, thread_status=ThreadStatus.ERROR)
        case Cancelled(action=CancelAction.ROLLBACK, reason=reason):
            error = cancellation.error_text(CancelAction.ROLLBACK, reason)
            return over(RunStatus.INTERRUPTED, error=error, rollback=True)
        case Cancelled(action=action, reason=reason, state=state):
            error = cancellation.error_text(action, reason)
            if state is None:
                return over(RunStatus.INTERRUPTED, error=error, unseen=True)
            return over(RunStatus.INTERRUPTED, error=error, **left(state))


class Left(TypedDict):
    values: str | None
    interrupts: str | None
    thread_status: str


def left(state: Success) -> Left:
    status = ThreadStatus.INTERRUPTED if state.waits else ThreadStatus.IDLE
    return {"values": document(state.values), "interrupts": document(state.interrupts), "thread_status": status}


def document(value: Any) -> str | None:
    return None if value is None else encoding.document(value)
