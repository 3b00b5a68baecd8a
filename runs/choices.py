"""The words of the wire for a run: its status, its modes, its strategies."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import TextChoices


class RunStatus(TextChoices):
    #: Admitted and waiting for a worker, for its time, or for older runs of its thread.
    PENDING = "pending"
    #: A worker holds its lease.
    RUNNING = "running"
    #: The graph ended, or stopped at an interrupt.
    SUCCESS = "success"
    #: The graph raised, or the run's attempts are spent.
    ERROR = "error"
    #: It ran longer than the server allows.
    TIMEOUT = "timeout"
    #: A client cancelled it.
    INTERRUPTED = "interrupted"

    ACTIVE: ClassVar[frozenset[str]]
    TERMINAL: ClassVar[frozenset[str]]


RunStatus.ACTIVE = frozenset({RunStatus.PENDING, RunStatus.RUNNING})
RunStatus.TERMINAL = frozenset(RunStatus) - RunStatus.ACTIVE


class MultitaskStrategy(TextChoices):
    """What happens to a new run when its thread has an active one; the new run decides."""

    #: The new run is refused.
    REJECT = "reject"
    #: The new run waits for all older ones.
    ENQUEUE = "enqueue"
    #: The others are cancelled, what they did stays.
    INTERRUPT = "interrupt"
    #: The others are cancelled and undone.
    ROLLBACK = "rollback"


class CancelAction(TextChoices):
    #: Stop; the steps done so far stay.
    INTERRUPT = "interrupt"
    #: Stop, then delete the run and its checkpoints.
    ROLLBACK = "rollback"

    @classmethod
    def of(cls, word: str | None) -> "CancelAction":
        """What is no rollback is an interrupt."""
        return cls.ROLLBACK if word == cls.ROLLBACK else cls.INTERRUPT


class StreamMode(TextChoices):
    VALUES = "values"
    MESSAGES = "messages"
    MESSAGES_TUPLE = "messages-tuple"
    TASKS = "tasks"
    CHECKPOINTS = "checkpoints"
    UPDATES = "updates"
    EVENTS = "events"
    DEBUG = "debug"
    CUSTOM = "custom"


#: What a run shows that was started by the event protocol. No client can ask for these modes otherwise.
PROTOCOL_MODES = ("values", "updates", "messages", "tools", "lifecycle", "custom", "tasks", "checkpoints")


def is_told_in_full(kwargs: Mapping[str, Any]) -> bool:
    """Whoever asked for it streams it, or its events can be read again."""
    return bool(kwargs.get("resumable") or kwargs.get("streamed"))


def is_event_streaming(kwargs: Mapping[str, Any]) -> bool:
    return "lifecycle" in kwargs["stream_mode"]


class DisconnectMode(TextChoices):
    CONTINUE = "continue"
    CANCEL = "cancel"


class Durability(TextChoices):
    SYNC = "sync"
    ASYNC = "async"
    EXIT = "exit"


class OnCompletion(TextChoices):
    DELETE = "delete"
    KEEP = "keep"


class IfNotExists(TextChoices):
    REJECT = "reject"
    CREATE = "create"


class Records(TextChoices):
    """What is written down of runs for operators."""

    #: Nothing.
    OFF = "off"
    #: Attempts, and how long runs wait and take.
    ATTEMPTS = "attempts"
    #: Also the tasks of each attempt, with their inputs and results.
    ALL = "all"


class AttemptOutcome(TextChoices):
    #: It ended the run: the statuses of these names.
    SUCCESS = RunStatus.SUCCESS.value
    ERROR = RunStatus.ERROR.value
    TIMEOUT = RunStatus.TIMEOUT.value
    INTERRUPTED = RunStatus.INTERRUPTED.value
    #: The worker gave the run back: it was told to leave, or could not reach our own database.
    RELEASED = "released"
    #: The worker stopped renewing the lease, and a sweeper took the run.
    LOST = "lost"
