"""A run's end, as whoever holds it tells the settlement."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from langgraph_server.checkpoints.statements import Statement
from runs.choices import AttemptOutcome


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended and what it leaves on its thread; documents are JSON text."""

    run_id: UUID
    thread_id: UUID
    token: int
    #: The run's status (RunStatus), one of the terminal ones.
    status: str
    error: str | None = None
    #: None: the thread keeps what it has.
    values: str | None = None
    interrupts: str | None = None
    #: None: as before the run, which left no trace that matters (cancelled while pending, rolled back).
    thread_status: str | None = None
    #: Its last checkpoints: nothing else was to wait for their commit.
    writes: Sequence[Statement] = ()
    #: Of a resumable run: where its final event goes.
    final_seq: int | None = None
    #: The run and all it wrote disappear.
    rollback: bool = False
    #: It had not begun: its thread shows no error for it.
    unbegun: bool = False
    #: Nobody has looked at the checkpoints that it left.
    unseen: bool = False
    #: Its worker was, before it was ended.
    lost: bool = False
    #: Somebody wants to be told (kwargs.webhook).
    webhook: bool = False

    @property
    def is_plain(self) -> bool:
        """What it writes is known before it is known what it meets."""
        return not (self.webhook or self.rollback) and self.final_seq is None and self.thread_status is not None

    @property
    def outcome(self) -> str:
        """What became of the attempt (AttemptOutcome)."""
        return AttemptOutcome.LOST if self.lost else self.status
