"""How a run ends: run, thread and final event in one transaction, guarded by the token it was claimed with."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString
from uuid import UUID

from django.db import DataError, connection, transaction

from langgraph_server.arrays import by_column
from langgraph_server.checkpoints import upkeep
from langgraph_server.checkpoints.statements import combined, parts
from langgraph_server.pipelines import execute_together
from langgraph_server.streams.events import TERMINAL
from runs import recording, reports
from runs.ending import Ending
from runs.models import Run, RunEvent
from threads import occupancy
from threads.choices import ThreadStatus
from threads.occupancy import Rest
from webhooks import outbox

#: Ends the runs that their callers still hold, and tells whether a receiver wants to be told.
ENDED: LiteralString = """
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
),
ended AS (
    UPDATE runs_run r
    SET status = e.status, error = e.error::jsonb, ended_at = e.at, updated_at = e.at, owner = NULL, lease_until = NULL
    FROM e WHERE r.run_id = e.run_id
    RETURNING r.run_id, r.push IS NOT NULL AS pushed
)
"""

END: LiteralString = f"{ENDED} SELECT run_id, pushed FROM ended"

#: All of them, or it divides by zero: one is no longer held, a receiver wants to be told, or a next run waits.
NOTHING_MET: LiteralString = """
SELECT 1 / (
    count(*) = %s AND NOT bool_or(pushed) AND NOT EXISTS (
        SELECT FROM runs_run o
        WHERE o.thread_id = ANY(%s) AND o.status IN ('pending', 'running') AND o.run_id <> ALL(%s)
    )
)::int FROM ended
"""

#: The threads' other active runs.
NEXT: LiteralString = """
SELECT thread_id, queue FROM runs_run WHERE thread_id = ANY(%s) AND status IN ('pending', 'running')
"""

#: What an ending's thread status tells of its last checkpoint; a failure leaves the answer as it was.
WAITS: Mapping[str | None, bool] = {ThreadStatus.INTERRUPTED: True, ThreadStatus.IDLE: False}


@dataclass(frozen=True, slots=True)
class Settled:
    """The runs that this call ended, and the queues in which a next run of their threads now waits."""

    won: frozenset[UUID]
    queues: frozenset[str]


def settle(endings: Sequence[Ending]) -> Settled:
    """At once, as most runs end, or in steps."""
    if not endings:
        return Settled(frozenset(), frozenset())
    if not connection.in_atomic_block and all(ending.is_plain for ending in endings):
        try:
            return settle_at_once(endings)
        except DataError:
            pass  # nothing of it is kept: the steps find out what it met
    return settle_in_steps(endings)


def settle_at_once(endings: Sequence[Ending]) -> Settled:
    """One round trip, which is the transaction: the threads' locks, then all else as one statement. It fails where an
    ending meets anything that it does not know of.
    """
    thread_ids = sorted({ending.thread_id for ending in endings})
    parameters = ends(endings)
    run_ids = parameters[0]
    written = combined(statement for ending in endings for statement in ending.writes)
    beside = [*written, *occupancy.resting(rests(endings, dict.fromkeys(thread_ids, False), busy=()))]
    for _, columns in beside:
        parameters += columns
    statement = at_once(tuple(sql for sql, _ in beside))
    execute_together((occupancy.LOCK, [thread_ids]), (statement, [*parameters, len(endings), thread_ids, run_ids]))
    return Settled(frozenset(run_ids), frozenset())


@cache
def at_once(statements: Sequence[LiteralString]) -> LiteralString:
    return f"{', '.join([ENDED, *parts(statements)])} {NOTHING_MET}"


def settle_in_steps(endings: Sequence[Ending]) -> Settled:
    """1. Lock the threads. 2. End the runs that their callers still hold; who lost the race changes nothing.
    3. Record what their webhooks are told. 4. Undo what is rolled back. 5. Write their last checkpoints, and bring the
    threads to rest, or on to their next run. 6. Keep the final events. 7. Record what other receivers are told, who see
    the threads at rest.
    """
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
    locked, ended, active = execute_together((occupancy.LOCK, [thread_ids]), (END, ends(endings)), (NEXT, [thread_ids]))
    queues: dict[UUID, set[str]] = {}
    for thread_id, queue in active:
        queues.setdefault(thread_id, set()).add(queue)
    return dict(ended), dict(locked), queues


def ends(endings: Sequence[Ending]) -> list[Any]:
    """What the statement takes; by run id: that is the order of their locks."""
    ordered = sorted(endings, key=lambda ending: ending.run_id)
    return [*by_column((e.run_id, e.token, e.status, e.error, e.outcome) for e in ordered), recording.attempts()]


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
