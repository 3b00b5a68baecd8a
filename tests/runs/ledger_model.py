"""What the rows of runs should say, by the rules of docs/explanation/leases-and-fences.md and by nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from runs.choices import CancelAction, RunStatus

#: Seconds.
LEASE = 15
ATTEMPTS = 3
#: Losses in a row that end a run in whatever company.
LOSSES = 4 * ATTEMPTS


@dataclass
class Expected:
    """One run. Instants are seconds of the virtual clock."""

    thread_id: UUID
    status: str = "pending"
    attempt: int = 0
    token: int = 0
    crashes: int = 0
    charges: int = 0
    #: Supersteps when it was last lost, and checkpoints now: the first holds the input only.
    progress: int = 0
    checkpoints: int = 0
    owner: UUID | None = None
    lease_until: int = 0
    due: int = 0
    wish: str | None = None

    @property
    def told(self) -> tuple[object, ...]:
        return (self.status, self.attempt, self.token, self.crashes, self.charges, self.owner, self.wish)

    @property
    def supersteps(self) -> int:
        return max(0, self.checkpoints - 1)

    @property
    def is_active(self) -> bool:
        return self.status in RunStatus.ACTIVE

    def leave(self, status: str) -> None:
        self.status, self.owner = status, None


@dataclass
class Model:
    now: int = 0
    #: In the order of admission.
    runs: dict[UUID, Expected] = field(default_factory=dict)
    #: By worker process, the runs that sweepers took from it.
    taken: dict[UUID, set[UUID]] = field(default_factory=dict)

    def of_thread(self, thread_id: UUID) -> dict[UUID, Expected]:
        return {run_id: run for run_id, run in self.runs.items() if run.thread_id == thread_id}

    def active(self) -> list[UUID]:
        return [run_id for run_id, run in self.runs.items() if run.is_active]

    # --- what workers do

    def ready(self, crashes: range) -> list[UUID]:
        return [run_id for run_id, run in self.runs.items() if self.is_ready(run_id, run, crashes)]

    def is_ready(self, run_id: UUID, run: Expected, crashes: range) -> bool:
        """Pending, the next of its thread, due, wished by nobody to end; as trusted as asked for."""
        line = [each for each, other in self.of_thread(run.thread_id).items() if other.is_active]
        is_next = run.status == "pending" and line[0] == run_id
        return is_next and run.wish is None and run.crashes in crashes

    def claim(self, run_id: UUID, owner: UUID) -> None:
        run = self.runs[run_id]
        run.status, run.owner, run.lease_until = "running", owner, self.now + LEASE
        run.attempt += 1
        run.token += 1

    def holds(self, run_id: UUID, token: int) -> bool:
        run = self.runs.get(run_id)
        return run is not None and run.status == "running" and run.token == token

    def release(self, run_id: UUID) -> None:
        run = self.runs[run_id]
        run.leave("pending")
        run.attempt -= 1
        run.token += 1
        run.due = self.now

    def end(self, run_id: UUID, status: str, *, rollback: bool = False) -> None:
        self.runs[run_id].leave(status)
        if rollback:
            del self.runs[run_id]

    # --- what sweepers do

    def sweep(self) -> None:
        """First every loss is judged as it was, then its consequences are drawn."""
        lost = [run_id for run_id, run in self.runs.items() if self.is_lost(run)]
        alone = {run_id for run_id in lost if self.company(run_id) == {run_id}}
        for run_id in lost:
            self.taken.setdefault(self.owner(run_id), set()).add(run_id)
            self.lose(run_id, alone=run_id in alone)
        self.end_wished(run_id for run_id, run in list(self.runs.items()) if run.status == "pending")

    def is_lost(self, run: Expected) -> bool:
        return run.status == "running" and run.lease_until <= self.now

    def owner(self, run_id: UUID) -> UUID:
        owner = self.runs[run_id].owner
        assert owner is not None
        return owner

    def company(self, run_id: UUID) -> set[UUID]:
        """All that its worker held, some of which may have been taken from it before. What is deleted is forgotten."""
        owner = self.owner(run_id)
        held = {other for other, run in self.runs.items() if run.status == "running" and run.owner == owner}
        return held | (self.taken.get(owner, set()) & self.runs.keys())

    def lose(self, run_id: UUID, *, alone: bool) -> None:
        run = self.runs[run_id]
        if run.supersteps > run.progress:
            run.crashes, run.charges = 0, 0
        crashes, charges = run.crashes + 1, run.charges + alone
        if run.wish:
            self.end(run_id, "interrupted", rollback=run.wish == CancelAction.ROLLBACK)
        elif charges >= ATTEMPTS or crashes >= LOSSES:
            self.end(run_id, "error")
        else:
            run.leave("pending")
            run.crashes, run.charges, run.progress = crashes, charges, run.supersteps
            run.token += 1
            run.due = self.now

    # --- what clients do

    def cancel(self, run_id: UUID, action: str) -> None:
        run = self.runs[run_id]
        if run.status == "running":
            run.wish = action
        elif run.status == "pending":
            self.end(run_id, "interrupted", rollback=action == CancelAction.ROLLBACK)

    def end_wished(self, run_ids: Iterable[UUID]) -> None:
        """Nobody claims them any more."""
        for run_id in list(run_ids):
            run = self.runs[run_id]
            if run.wish:
                self.cancel(run_id, run.wish)
