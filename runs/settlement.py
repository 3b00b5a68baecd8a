"""How a run ends: run, thread and final event in one transaction, guarded by the token it was claimed with."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from django.db import transaction

from langgraph_server.arrays import by_column
from langgraph_server.checkpoints import upkeep
from langgraph_server.checkpoints.statements import Statement, combined
from langgraph_server.pipelines import execute_together
from langgraph_server.streams.events import TERMINAL
from runs import recording, reports
from runs.choices import AttemptOutcome
from runs.models import Run, RunEvent
from threads import occupancy
from threads.choices import ThreadStatus
from threads.occupancy import Rest
from webhooks import outbox

END: LiteralString = """
WITH e AS (
    SELECT given.*, clock_timestamp() AS at, r.status AS before, r.attempt, r.owner, r.due_at, r.updated_at
    FROM runs_run r
    JOIN unnest(%s::uuid[], %s::bigint[], %s::text[], %b::text[], %s::text[])
        AS given (run_id, token, status, error, outcome)
        ON r.run_id = given.run_id AND r.token = given.token
    WHERE r.status IN ('pending', 'running')
    FOR UPDATE OF r
),
recorded AS (
    INSERT INTO runs_attempt (run_id, token, attempt, worker_id, due_at, started_at, outcome)
    SELECT run_id, token, attempt, owner, due_at, updated_at, outcome FROM e WHERE before = 'running' AND %s
)
UPDATE runs_run r
SET status = e.status, error = e.error::jsonb, ended_at = e.at, updated_at = e.at, owner = NULL, lease_until = NULL
FROM e WHERE r.run_id = e.run_id
RETURNING r.run_id, r.push IS NOT NULL
"""

#: The threads' other active runs.
NEXT: LiteralString = """
SELECT thread_id, queue FROM runs_run WHERE thread_id = ANY(%s) AND status IN ('pending', 'running')
"""

#: What an ending's thread status tells of its last checkpoint; a failure leaves the answer as it was.
WAITS: Mapping[str | None, bool] = {ThreadStatus.INTERRUPTED: True, ThreadStatus.IDLE: False}


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
    def outcome(self) -> str:
        """What became of the attempt (AttemptOutcome)."""
        return AttemptOutcome.LOST if self.lost else self.status


@dataclass(frozen=True, slots=True)
class Settled:
    """The runs that this call ended, and the queues in which a next run of their threads now waits."""

    won: frozenset[UUID]
    queues: frozenset[str]


def settle(endings: Sequence[Ending]) -> Settled:
    """1. Lock the threads. 2. End the runs that their callers still hold; who lost the race changes nothing.
    3. Record what their webhooks are told. 4. Undo what is rolled back. 5. Write their last checkpoints, and bring the
    threads to rest, or on to their next run. 6. Keep the final events. 7. Record what other receivers are told, who see
    the threads at rest.
    """
    if not endings:
        return Settled(frozenset(), frozenset())
    with transaction.atomic():
        won, waits, queues = end(endings)
        ended = [ending for ending in endings if ending.run_id in won]
        outbox.record(reports.of([ending for ending in ended if ending.webhook]))
        undo([ending for ending in ended if ending.rollback])
        written = combined(statement for ending in ended for statement in ending.writes)
        execute_together(*written, *occupancy.resting(rests(ended, waits, busy=queues)))
        keep_final_events([ending for ending in ended if not ending.rollback])
        outbox.record(reports.pushes([run_id for run_id, wanted in won.items() if wanted]))
    return Settled(frozenset(won), frozenset(queue for ending in ended for queue in queues.get(ending.thread_id, ())))


def end(endings: Sequence[Ending]) -> tuple[dict[UUID, bool], dict[UUID, bool], dict[UUID, set[str]]]:
    """Of the runs that were ended, whether a receiver wants to be told: it may have come while they ran. Of each
    thread whether it waits, and the queues of its other active runs.
    """
    thread_ids = sorted({ending.thread_id for ending in endings})
    ordered = sorted(endings, key=lambda ending: ending.run_id)
    columns = by_column((e.run_id, e.token, e.status, e.error, e.outcome) for e in ordered)
    parameters = [*columns, recording.attempts()]
    locked, ended, active = execute_together((occupancy.LOCK, [thread_ids]), (END, parameters), (NEXT, [thread_ids]))
    queues: dict[UUID, set[str]] = {}
    for thread_id, queue in active:
        queues.setdefault(thread_id, set()).add(queue)
    return dict(ended), dict(locked), queues


def undo(endings: Sequence[Ending]) -> None:
    for ending in endings:
        upkeep.delete_of_run(ending.thread_id, ending.run_id)
    if endings:
        Run.objects.filter(run_id__in=[ending.run_id for ending in endings]).delete()


def rests(endings: Sequence[Ending], waits: Mapping[UUID, bool], busy: Container[UUID]) -> list[Rest]:
    """One a thread: that of its last ending, which may not hide what an earlier one left unseen."""
    unseen = {ending.thread_id for ending in endings if ending.unseen}
    last = {ending.thread_id: ending for ending in endings}
    return [rest(ending, waits[key], busy=key in busy, outdated=key in unseen) for key, ending in last.items()]


def rest(ending: Ending, waited: bool, *, busy: bool, outdated: bool) -> Rest:
    status = ThreadStatus.BUSY if busy else ending.thread_status or rest_before(waited)
    error = None if ending.unbegun else ending.error
    waits = WAITS.get(ending.thread_status)
    return Rest(ending.thread_id, status, ending.values, ending.interrupts, error, waits, outdated)


def rest_before(waits: bool) -> ThreadStatus:
    """How it rested before a run that leaves no trace."""
    return ThreadStatus.INTERRUPTED if waits else ThreadStatus.IDLE


def keep_final_events(endings: Sequence[Ending]) -> None:
    RunEvent.objects.bulk_create(
        [
            RunEvent(run_id=ending.run_id, seq=ending.final_seq, event=TERMINAL, data=ending.status)
            for ending in endings
            if ending.final_seq is not None
        ]
    )
