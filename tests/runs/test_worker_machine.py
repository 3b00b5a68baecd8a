"""Two workers, a sweeper, clients and time, in whatever order: the rows agree with a model of what we promise.

The statements read the database's clock, which a test cannot move. It moves the rows instead: ten seconds pass when
every lease, every due date and every last change lies ten seconds earlier. What is compared is never nearer than that
to the instant that decides, so that the seconds the test itself takes do not count.
"""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django
from django.db import connection
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from langgraph.checkpoint.base import empty_checkpoint

from langgraph_server.checkpoints.fence import Fence, FenceDown
from langgraph_server.checkpoints.models import Checkpoint
from langgraph_server.checkpoints.saver import Saver
from runs import admission, cancellation, lease, lifecycle, settlement, sweeper
from runs.choices import CancelAction
from runs.ending import Ending
from runs.lease import LONERS, SUSPECTS, TRUSTED, Lease
from runs.models import Run
from tests.factories import make_assistant
from tests.factories import make_request as request
from tests.langgraph_server.databases import opened_saver
from tests.runs.ledger_model import ATTEMPTS, LEASE, Expected, Model
from tests.support import audit
from threads import lifecycle as threads
from threads.models import Thread

#: For a long night: MODEL_STEPS=5000 pytest tests/runs/test_worker_machine.py
STEPS = int(os.environ.get("MODEL_STEPS", "0"))
STEPS_A_STORY = 50
STORIES = 25

#: The moves, and how often each is made beside the others.
OFTEN = {
    "claim": 6,
    "wait": 4,
    "sweep": 4,
    "write": 4,
    "settle": 2,
    "renew": 2,
    "die": 2,
    "drain": 1,
    "ask": 2,
    "cancel": 1,
    "delete": 1,
    "delete_thread": 1,
}

PASS = """
UPDATE runs_run SET lease_until = lease_until - make_interval(secs => %(passed)s),
    due_at = due_at - make_interval(secs => %(passed)s), updated_at = updated_at - make_interval(secs => %(passed)s)
"""
CROWDED = "SELECT thread_id FROM runs_run WHERE status = 'running' GROUP BY thread_id HAVING count(*) > 1"
KEPT = "SELECT metadata ->> 'run_id', count(*) FROM checkpoints GROUP BY 1"
LAST = "SELECT run_id, status, token, attempt, ended_at, error::text FROM runs_run WHERE ended_at IS NOT NULL"


@dataclass
class Worker:
    """What a process believes that it holds."""

    owner: UUID = field(default_factory=uuid4)
    held: dict[UUID, Lease] = field(default_factory=dict)
    #: The checkpoint of each run that the next one follows.
    at: dict[UUID, str | None] = field(default_factory=dict)

    def forget(self, run_id: UUID) -> None:
        del self.held[run_id]


class TwoWorkers(RuleBasedStateMachine):
    loop: ClassVar[asyncio.Runner]
    saver: ClassVar[Saver]

    @initialize(chance=st.randoms(use_true_random=True))
    def begin(self, chance: Random) -> None:
        self.chance = chance
        self.model = Model()
        self.workers = [Worker(), Worker()]
        self.threads = [Thread.objects.create() for _ in range(3)]
        self.tokens: dict[UUID, int] = {}
        self.ends: dict[UUID, tuple[Any, ...]] = {}
        for _ in range(4):
            self.ask()

    @rule()
    def act(self) -> None:
        """It takes a claim, a wait, a sweep, another claim and a late word to catch a worker that was replaced.
        Hypothesis, which repeats itself and leaves out rules, would hardly ever tell that story.
        """
        [move] = self.chance.choices(list(OFTEN), weights=list(OFTEN.values()))
        note(f"{move} at {self.model.now}")
        getattr(self, move)()

    # --- clients

    def ask(self) -> None:
        thread = self.chance.choice(self.threads)
        [run] = admission.admit([request(thread)])
        assert isinstance(run, Run)
        self.model.runs[run.run_id] = Expected(thread.thread_id, due=self.model.now)

    def cancel(self) -> None:
        action = self.chance.choice(list(CancelAction))
        if run_id := self.some_run():
            cancellation.cancel([run_id], action=action, reason="a test")
            self.model.cancel(run_id, action)

    def delete(self) -> None:
        if run_id := self.some_run():
            lifecycle.delete(Run.objects.get(run_id=run_id))
            del self.model.runs[run_id]

    def delete_thread(self) -> None:
        place = self.chance.randrange(3)
        gone, self.threads[place] = self.threads[place], Thread.objects.create()
        threads.delete(gone.thread_id)
        for run_id in self.model.of_thread(gone.thread_id):
            del self.model.runs[run_id]

    # --- workers

    def claim(self) -> None:
        """A worker that holds runs asks for suspects one by one, if ever."""
        worker = self.worker()
        self.take(worker, TRUSTED if worker.held else self.chance.choice([TRUSTED, SUSPECTS, LONERS]))

    def take(self, worker: Worker, crashes: range) -> None:
        leases = lease.claim(
            owner=worker.owner, queues=["default"], limit=100, lease=timedelta(seconds=LEASE), crashes=crashes
        )
        assert sorted(each.run_id for each in leases) == sorted(self.model.ready(crashes))
        for each in leases:
            self.model.claim(each.run_id, worker.owner)
            worker.held[each.run_id] = each
            worker.at[each.run_id] = latest_checkpoint(each.thread_id)
            assert (each.token, each.attempt) == self.model.runs[each.run_id].told[2:0:-1]

    def renew(self) -> None:
        worker = self.worker()
        answer = lease.renew(self.pairs(worker), lease=timedelta(seconds=LEASE))
        for run_id in list(worker.held):
            if not self.still_holds(worker, run_id):
                assert run_id not in answer
                worker.forget(run_id)
                continue
            run = self.model.runs[run_id]
            run.lease_until = self.model.now + LEASE
            wish = answer[run_id]
            assert (wish and wish.action) == run.wish

    def write(self) -> None:
        """Through the real saver: kept if the run is held, refused if it is not."""
        worker = self.worker()
        for run_id in self.one_of(worker):
            if self.still_holds(worker, run_id):
                self.put(worker, run_id)
                self.model.runs[run_id].checkpoints += 1
            else:
                with pytest.raises(FenceDown):
                    self.put(worker, run_id)
                worker.forget(run_id)

    def put(self, worker: Worker, run_id: UUID) -> None:
        held = worker.held[run_id]
        here = {"thread_id": str(held.thread_id), "checkpoint_ns": "", "checkpoint_id": worker.at[run_id]}
        metadata: Any = {"source": "loop", "step": 1, "run_id": str(run_id), "run_attempt": held.attempt}
        saver = self.saver.fenced(Fence(run_id, held.token))
        written = self.loop.run(saver.aput({"configurable": here}, empty_checkpoint(), metadata, {}))
        worker.at[run_id] = written["configurable"]["checkpoint_id"]

    def settle(self) -> None:
        """As the executor would: the wish that stands on the row is obeyed; who was replaced changes nothing."""
        worker, status = self.worker(), self.chance.choice(["success", "error"])
        for run_id in self.one_of(worker):
            held, holds = worker.held[run_id], self.still_holds(worker, run_id)
            wish = self.model.runs[run_id].wish if holds else None
            rollback = wish == CancelAction.ROLLBACK
            ending = ending_of(held, "interrupted" if wish else status, rollback=rollback)
            assert settlement.settle([ending]).won == ({run_id} if holds else set())
            if holds:
                self.model.end(run_id, ending.status, rollback=rollback)
            worker.forget(run_id)

    def drain(self) -> None:
        """What is given back is not charged; another process comes in its place."""
        worker = self.die()
        lease.release(self.pairs(worker))
        for run_id in worker.held:
            if self.still_holds(worker, run_id):
                self.model.release(run_id)

    def die(self) -> Worker:
        number = self.chance.randrange(2)
        gone, self.workers[number] = self.workers[number], Worker()
        return gone

    # --- time

    def wait(self) -> None:
        """With workers that do not renew: they are frozen, blocked or cut off."""
        self.let_pass(self.chance.choice([1, 2]))

    def let_pass(self, tens: int) -> None:
        self.model.now += 10 * tens
        with connection.cursor() as cursor:
            cursor.execute(PASS, {"passed": 10 * tens})

    def sweep(self) -> None:
        self.recover()

    def recover(self) -> None:
        sweeper.recover_lost()
        sweeper.end_wished()
        self.model.sweep()

    # --- what always holds

    @invariant()
    def the_rows_are_the_model(self) -> None:
        rows = Run.objects.in_bulk()
        found = {run_id: told(run) for run_id, run in rows.items()}
        assert found == {run_id: run.told for run_id, run in self.model.runs.items()}
        assert all(run.token >= self.tokens.get(run_id, 0) for run_id, run in rows.items())
        self.tokens = {run_id: run.token for run_id, run in rows.items()}

    @invariant()
    def a_thread_has_one_run_under_way_and_is_busy_with_it(self) -> None:
        assert asked(CROWDED) == []
        assert asked(audit.LAWS["a thread is busy only while it has an active run"]) == []

    @invariant()
    def what_ended_stays_as_it_ended(self) -> None:
        ends = {row[0]: row for row in asked(LAST)}
        assert {run_id: ends[run_id] for run_id in self.ends if run_id in ends} == {
            run_id: end for run_id, end in self.ends.items() if run_id in ends
        }
        assert {run_id for run_id in self.ends if run_id in self.model.runs} <= ends.keys()
        self.ends = ends

    @invariant()
    def only_what_was_accepted_is_kept(self) -> None:
        kept = {UUID(run_id): count for run_id, count in asked(KEPT)}
        wanted = {run_id: run.checkpoints for run_id, run in self.model.runs.items() if run.checkpoints}
        assert {run_id: count for run_id, count in kept.items() if run_id in self.model.runs} == wanted

    def teardown(self) -> None:
        """From every state everything comes to its end, if only one worker lives."""
        if not hasattr(self, "model"):
            return
        self.workers = [Worker(), Worker()]
        for _ in range(2 * len(self.model.runs) + 2):
            self.let_pass(2)
            self.recover()
            for crashes in (TRUSTED, SUSPECTS, LONERS):
                self.take(self.workers[0], crashes)
            self.end_all(self.workers[0])
        assert self.model.active() == []
        laws = {law: asked(query) for law, query in audit.LAWS.items() if law not in UNSEEN}
        assert {law: rows for law, rows in laws.items() if rows} == {}
        threads.delete_rows([thread.thread_id for thread in self.threads])

    # --- short words

    def worker(self) -> Worker:
        return self.chance.choice(self.workers)

    def some_run(self) -> UUID | None:
        return self.chance.choice(list(self.model.runs)) if self.model.runs else None

    def one_of(self, worker: Worker) -> Iterator[UUID]:
        if worker.held:
            yield self.chance.choice(list(worker.held))

    def still_holds(self, worker: Worker, run_id: UUID) -> bool:
        return self.model.holds(run_id, worker.held[run_id].token)

    def pairs(self, worker: Worker) -> list[tuple[UUID, int]]:
        return [(run_id, held.token) for run_id, held in worker.held.items()]

    def end_all(self, worker: Worker) -> None:
        for run_id, held in worker.held.items():
            assert settlement.settle([ending_of(held, "success")]).won == {run_id}
            self.model.end(run_id, "success")
        worker.held.clear()


#: These endings tell nothing of their threads' rest, and keep no events.
UNSEEN = {"a thread at rest agrees with its last run", "a resumable run that began has one final event, its last"}


def ending_of(held: Lease, status: str, *, rollback: bool = False) -> Ending:
    return Ending(held.run_id, held.thread_id, held.token, status, rollback=rollback)


def told(run: Run) -> tuple[object, ...]:
    return (run.status, run.attempt, run.token, run.crashes, run.charges, run.owner, run.cancel_action)


def latest_checkpoint(thread_id: UUID) -> str | None:
    kept = Checkpoint.objects.filter(thread_id=str(thread_id)).order_by("-checkpoint_id")
    return kept.values_list("checkpoint_id", flat=True).first()


def asked(query: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


@pytest.fixture
def machine(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[TwoWorkers]]:
    """With one connection for all checkpoints. Postgres was started long before the first story's first instant."""
    monkeypatch.setattr(sweeper, "database_start", lambda: datetime.min.replace(tzinfo=UTC))
    monkeypatch.setattr(sweeper, "BACKOFF", [timedelta(0)])
    audit.forget_checkpoints()
    make_assistant()
    opened = opened_saver()
    with asyncio.Runner() as TwoWorkers.loop:
        TwoWorkers.saver = TwoWorkers.loop.run(opened.__aenter__())
        yield TwoWorkers
        TwoWorkers.loop.run(opened.__aexit__(None, None, None))


@pytest.mark.timeout(120 + STEPS)
@pytest.mark.django_db(transaction=True)
def test_two_workers_under_every_order_of_moves(machine: type[TwoWorkers]) -> None:
    assert ATTEMPTS == django.RUN_ATTEMPTS
    options = settings(
        max_examples=STORIES,
        stateful_step_count=STEPS_A_STORY,
        deadline=None,
        # In the night others each time; a failure prints its moves and how to repeat them.
        derandomize=not STEPS,
        phases=[Phase.generate],
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    # Of hundreds of stories Hypothesis believes that two began alike and went on differently: it is told few at once.
    for _ in range(max(STEPS // (STORIES * STEPS_A_STORY), 1)):
        run_state_machine_as_test(machine, settings=options)
