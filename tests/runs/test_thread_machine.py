"""Whatever is done to the runs of one thread, in whatever order: the rows agree with a model that fits on a page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import orjson
import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from langgraph_server.errors import DomainError
from runs import admission, cancellation, lease, lifecycle, settlement, sweeper
from runs.choices import CancelAction, MultitaskStrategy, RunStatus
from runs.ending import Ending
from runs.errors import ThreadBusy
from runs.lease import Lease
from runs.models import Run
from tests.factories import make_assistant, make_checkpoint
from tests.factories import make_request as request
from tests.support import audit
from threads import lifecycle as thread_lifecycle
from threads import settled
from threads.errors import ThreadHasRuns, ThreadNotFound
from threads.models import Thread

INTERRUPTS = {"task": [{"id": "1" * 32, "value": "?"}]}
#: How a graph may end, with the statuses of its run and its thread. `stopped`: before a node, without an interrupt.
LEFT = {
    "idle": ("success", "idle"),
    "interrupted": ("success", "interrupted"),
    "stopped": ("success", "interrupted"),
    "error": ("error", "error"),
}
ENDINGS = st.sampled_from(list(LEFT))
ACTIONS = st.sampled_from(list(CancelAction))


@dataclass
class Expected:
    """A run as the model knows it."""

    status: str = "pending"
    lease: Lease | None = None
    wished: str | None = None


@dataclass
class Model:
    """In the order of admission, which is that of execution."""

    runs: dict[UUID, Expected] = field(default_factory=dict)
    #: How the thread rests while no run is active.
    rest: str = "idle"
    interrupts: dict[str, Any] = field(default_factory=dict)
    #: The last state that is known has nodes left to run; a thread may wait without any interrupt.
    waits: bool = False
    #: The row is behind the checkpoints.
    outdated: bool = False
    #: In that order, also those that are gone.
    ended: list[UUID] = field(default_factory=list)

    @property
    def active(self) -> list[UUID]:
        return [run_id for run_id, run in self.runs.items() if run.status in RunStatus.ACTIVE]

    @property
    def running(self) -> UUID | None:
        return next((run_id for run_id, run in self.runs.items() if run.status == "running"), None)

    @property
    def before(self) -> str:
        """How a thread rests whose last run left no trace."""
        return "interrupted" if self.waits else "idle"

    @property
    def last_ended(self) -> UUID | None:
        return next((run_id for run_id in reversed(self.ended) if run_id in self.runs), None)

    def cancel(self, run_id: UUID, action: str) -> None:
        """A pending run ends at once; a running one is told."""
        run = self.runs[run_id]
        if run.status == "running":
            run.wished = action
        elif run.status == "pending":
            self.end_unseen(run_id, action)

    def end_unseen(self, run_id: UUID, action: str) -> None:
        """Nobody holds it; of one that had begun nobody knows what it left."""
        self.outdated |= self.runs[run_id].lease is not None and action == "interrupt"
        self.end(run_id, "interrupted", self.before, rollback=action == "rollback")

    def end(self, run_id: UUID, status: str, rest: str, *, rollback: bool = False) -> None:
        self.rest = rest
        self.ended.append(run_id)
        self.runs[run_id].status = status
        if rollback:
            del self.runs[run_id]


@contextmanager
def refused(*kinds: type[DomainError]) -> Iterator[None]:
    with pytest.raises(kinds):
        yield


class OneThread(RuleBasedStateMachine):
    @initialize(runs=st.integers(2, 6))
    def begin(self, runs: int) -> None:
        """With some runs at once: Hypothesis leaves out rules at random, and without runs most have nothing to do."""
        self.thread = Thread.objects.create()
        self.model = Model()
        self.copies: set[UUID] = set()
        self.old: list[Lease] = []
        for _ in range(runs):
            self.ask(MultitaskStrategy.ENQUEUE, key=False)

    # --- runs are asked for

    @rule(strategy=st.sampled_from(list(MultitaskStrategy)), key=st.booleans())
    def ask(self, strategy: str, key: bool) -> None:
        name = str(uuid4()) if key else None
        (answer,) = admission.admit([request(self.thread, multitask_strategy=strategy, idempotency_key=name)])
        if strategy == "reject" and self.model.active:
            assert isinstance(answer, ThreadBusy)
            return
        assert isinstance(answer, Run)
        if strategy in {"interrupt", "rollback"}:
            for run_id in self.model.active:
                self.model.cancel(run_id, strategy)
        self.model.runs[answer.run_id] = Expected()
        if name:
            (again,) = admission.admit([request(self.thread, multitask_strategy=strategy, idempotency_key=name)])
            assert isinstance(again, Run)
            assert again.run_id == answer.run_id

    # --- a worker takes and ends them

    @rule()
    def claim(self) -> None:
        leases = [lease for lease in self.take() if lease.thread_id == self.thread.thread_id]
        expected = [] if self.model.running else self.model.active[:1]
        assert [lease.run_id for lease in leases] == expected
        for taken in leases:
            make_checkpoint(Run.objects.get(run_id=taken.run_id))
            self.model.runs[taken.run_id].status = "running"
            self.model.runs[taken.run_id].lease = taken

    def take(self) -> list[Lease]:
        return lease.claim(owner=uuid4(), queues=["default"], limit=10, lease=timedelta(minutes=1))

    @precondition(lambda self: self.model.active)
    @rule(how=ENDINGS)
    def settle(self, how: str) -> None:
        """As the executor would: the wish that stands on the row is obeyed."""
        held = self.held()
        wish = self.model.runs[held.run_id].wished
        if wish:
            ending = Ending(held.run_id, held.thread_id, held.token, "interrupted", rollback=wish == "rollback")
            status, rest = "interrupted", self.model.before
        else:
            status, rest = LEFT[how]
            ending = Ending(held.run_id, held.thread_id, held.token, status, thread_status=rest)
            if how != "error":
                interrupts = INTERRUPTS if how == "interrupted" else {}
                ending = replace(ending, values="{}", interrupts=orjson.dumps(interrupts).decode())
                self.model.interrupts, self.model.waits = interrupts, rest == "interrupted"
                self.model.outdated = False
        assert settlement.settle([ending]).won == {held.run_id}
        self.model.end(held.run_id, status, rest, rollback=wish == "rollback")
        self.old.append(held)

    @precondition(lambda self: self.model.active)
    @rule()
    def release(self) -> None:
        held = self.held()
        lease.release([(held.run_id, held.token)])
        self.model.runs[held.run_id].status = "pending"
        self.old.append(held)
        if self.model.runs[held.run_id].wished:
            # The next worker finds the wish with its first renewal; here it is carried out at once.
            cancellation.cancel([held.run_id], action=CancelAction.INTERRUPT, reason="")
            self.model.cancel(held.run_id, "interrupt")

    @precondition(lambda self: self.model.active)
    @rule()
    def lose(self) -> None:
        """The worker dies: the sweeper gives the run to another one, or ends it as was wished."""
        held = self.held()
        Run.objects.filter(run_id=held.run_id).update(lease_until="2020-01-01T00:00:00Z", crashes=0)
        sweeper.recover_lost()
        self.old.append(held)
        run = self.model.runs[held.run_id]
        if run.wished:
            self.model.end_unseen(held.run_id, run.wished)
        else:
            run.status = "pending"

    @precondition(lambda self: self.old)
    @rule(how=ENDINGS)
    def come_back(self, how: str) -> None:
        """A worker that lost its run writes too late."""
        late = self.old[-1]
        ending = Ending(late.run_id, late.thread_id, late.token, "success", thread_status=how)
        assert settlement.settle([ending]).won == set()
        assert lease.renew([(late.run_id, late.token)], lease=timedelta(minutes=1)) == {}

    def held(self) -> Lease:
        """The lease on the run that executes; one is claimed if none does."""
        if self.model.running is None:
            self.claim()
        run_id = self.model.running
        assert run_id is not None
        held = self.model.runs[run_id].lease
        assert held is not None
        return held

    # --- clients change their minds

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data(), action=ACTIONS)
    def cancel(self, data: st.DataObject, action: str) -> None:
        run_id = data.draw(st.sampled_from(list(self.model.runs)))
        counted = cancellation.cancel([run_id], action=action, reason="a test")
        assert counted == (run_id in self.model.active)
        self.model.cancel(run_id, action)

    @precondition(lambda self: self.model.runs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(list(self.model.runs)))
        model, run = self.model, self.model.runs[run_id]
        if run.status in RunStatus.ACTIVE or (run_id == model.last_ended and not model.active):
            model.rest = model.before
            model.outdated |= run.lease is not None
        lifecycle.delete(Run.objects.get(run_id=run_id))
        del model.runs[run_id]

    @rule(waits=st.booleans())
    def write_state(self, waits: bool) -> None:
        if self.model.active:
            with refused(ThreadHasRuns):
                settled.idle_thread(self.thread.thread_id)
        interrupts = INTERRUPTS if waits else {}
        settled.record(self.thread.thread_id, {}, interrupts, waits=waits)
        if not self.model.active:
            self.model.rest = "interrupted" if waits else "idle"
            self.model.interrupts, self.model.waits, self.model.outdated = interrupts, waits, False

    @rule(waits=st.booleans(), asked=st.booleans())
    def refresh(self, waits: bool, asked: bool) -> None:
        """A worker looks at the checkpoints of a thread that is behind them; nobody else does at the same time."""
        taken = [thread for thread in settled.take_outdated(100) if thread == self.thread]
        assert settled.take_outdated(100) == []
        assert len(taken) == (self.model.outdated and not self.model.active)
        for thread in taken:
            interrupts = INTERRUPTS if waits and asked else {}
            assert settled.show(thread, {}, interrupts, waits=waits)
            assert not settled.show(thread, {"late": 1}, {}, waits=not waits)
            self.model.interrupts, self.model.waits, self.model.outdated = interrupts, waits, False
            if self.model.rest != "error":
                self.model.rest = self.model.before

    @rule()
    def copy(self) -> None:
        if len(self.copies) < 3:
            copied = thread_lifecycle.copy(self.thread.thread_id)
            assert copied.status == self.model.before
            assert copied.interrupts == self.model.interrupts
            assert not copied.runs.exists()
            assert (copied.refresh_at is None) == (not self.model.active and not self.model.outdated)
            self.copies.add(copied.thread_id)

    @precondition(lambda self: len(self.model.runs) > 2)
    @rule()
    def delete_thread(self) -> None:
        gone = self.thread.thread_id
        thread_lifecycle.delete(gone)
        for table in ("runs_run WHERE thread_id = %s", "checkpoints WHERE thread_id = %s::text"):
            assert count(f"SELECT count(*) FROM {table}", gone) == 0
        with refused(ThreadNotFound):
            thread_lifecycle.get(gone)
        self.thread = Thread.objects.create()
        self.model = Model()

    # --- what always holds

    @invariant()
    def the_rows_are_the_model(self) -> None:
        rows = Run.objects.of_thread(self.thread.thread_id).order_by("created_at", "run_id")
        found = {run.run_id: run.status for run in rows}
        assert found == {run_id: run.status for run_id, run in self.model.runs.items()}

    @invariant()
    def the_thread_is_busy_or_rests_as_its_last_run_left_it(self) -> None:
        self.thread.refresh_from_db()
        assert self.thread.status == ("busy" if self.model.active else self.model.rest)
        assert self.thread.interrupts == self.model.interrupts
        assert self.thread.waits == self.model.waits
        assert (self.thread.refresh_at is not None) == self.model.outdated

    @invariant()
    def a_wish_stands_on_the_row_of_the_running_run(self) -> None:
        running = Run.objects.of_thread(self.thread.thread_id).filter(status="running")
        found = {run.run_id: run.cancel_action for run in running}
        assert found == {run_id: run.wished for run_id, run in self.model.runs.items() if run.status == "running"}

    @invariant()
    def only_a_running_run_is_held(self) -> None:
        held = {run.run_id for run in Run.objects.of_thread(self.thread.thread_id) if run.owner or run.lease_until}
        assert held == ({self.model.running} - {None})

    def teardown(self) -> None:
        """Nothing that belongs to a thread outlives it; and what goes on, comes to its end."""
        if not hasattr(self, "model"):
            return
        while self.model.active:
            self.settle("idle")
        assert self.take() == []
        assert breaches() == {}
        thread_lifecycle.delete_rows([self.thread.thread_id, *self.copies])


#: Rollback leaves a thread as it was, which these two cannot see from the rows.
UNSEEN = {"a thread at rest agrees with its last run", "a resumable run that began has one final event, its last"}


def breaches() -> dict[str, list[Any]]:
    laws = {law: query for law, query in audit.LAWS.items() if law not in UNSEEN}
    with connection.cursor() as cursor:
        found = {law: rows(cursor, query) for law, query in laws.items()}
    return {law: broken for law, broken in found.items() if broken}


def rows(cursor: Any, query: LiteralString) -> list[Any]:
    cursor.execute(query)
    return list(cursor.fetchall())


def count(query: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return int((cursor.fetchone() or (0,))[0])


@pytest.mark.django_db(transaction=True)
def test_one_thread_under_every_order_of_moves() -> None:
    audit.forget_checkpoints()
    make_assistant()
    options = settings(
        max_examples=50,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        # Shrinking through a database takes minutes, and the moves of a failure are printed anyway.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(OneThread, settings=options)
