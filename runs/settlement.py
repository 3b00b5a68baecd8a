"""How a run ends: run, thread and final event in one transaction, guarded by the token it was claimed with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from django.db import connection, transaction

from langgraph_server.checkpoints import upkeep
from langgraph_server.streams.events import TERMINAL
from runs import reports
from runs.models import Run, RunEvent
from threads import occupancy
from threads.choices import ThreadStatus
from threads.models import Thread
from threads.occupancy import Rest
from webhooks import outbox

END: LiteralString = """
UPDATE runs_run r
SET status = e.status, error = e.error::jsonb, ended_at = now(), updated_at = now(), owner = NULL, lease_until = NULL
FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[]) AS e (run_id, token, status, error)
WHERE r.run_id = e.run_id AND r.token = e.token AND r.status IN ('pending', 'running')
RETURNING r.run_id
"""


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
    #: Of a resumable run: where its final event goes.
    final_seq: int | None = None
    #: The run and all it wrote disappear.
    rollback: bool = False
    #: It had not begun: its thread shows no error for it.
    unbegun: bool = False
    #: Somebody wants to be told (kwargs.webhook).
    webhook: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """The runs that this call ended, and the queues in which a next run of their threads now waits."""

    won: frozenset[UUID]
    queues: frozenset[str]


def settle(endings: Sequence[Ending]) -> Settled:
    """1. Lock the threads. 2. End the runs that their callers still hold; who lost the race changes nothing.
    3. Record what their webhooks are told. 4. Undo what is rolled back. 5. Bring the threads to rest, or on to their
    next run. 6. Keep the final events.
    """
    with transaction.atomic():
        threads = occupancy.lock(ending.thread_id for ending in endings)
        won = end(endings)
        ended = [ending for ending in endings if ending.run_id in won]
        outbox.record(reports.of([ending for ending in ended if ending.webhook]))
        undo([ending for ending in ended if ending.rollback])
        queues = next_queues({ending.thread_id for ending in ended})
        rests = [rest(ending, threads[ending.thread_id], ending.thread_id in queues) for ending in ended]
        occupancy.come_to_rest(list({rest.thread_id: rest for rest in rests}.values()))
        keep_final_events([ending for ending in ended if not ending.rollback])
    return Settled(won, frozenset(queue for waiting in queues.values() for queue in waiting))


def end(endings: Sequence[Ending]) -> frozenset[UUID]:
    ordered = sorted(endings, key=lambda ending: ending.run_id)
    columns = zip(*((e.run_id, e.token, e.status, e.error) for e in ordered), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(END, [list(column) for column in columns])
        return frozenset(row[0] for row in cursor.fetchall())


def undo(endings: Sequence[Ending]) -> None:
    for ending in endings:
        upkeep.delete_of_run(ending.thread_id, ending.run_id)
    if endings:
        Run.objects.filter(run_id__in=[ending.run_id for ending in endings]).delete()


def next_queues(thread_ids: set[UUID]) -> dict[UUID, set[str]]:
    """Threads that have another active run, with the queues of those runs."""
    queues: dict[UUID, set[str]] = {}
    for thread_id, queue in Run.objects.active().filter(thread_id__in=thread_ids).values_list("thread_id", "queue"):
        queues.setdefault(thread_id, set()).add(queue)
    return queues


def rest(ending: Ending, thread: Thread, busy: bool) -> Rest:
    before = ThreadStatus.INTERRUPTED if thread.interrupts else ThreadStatus.IDLE
    status = ThreadStatus.BUSY if busy else ending.thread_status or before
    error = None if ending.unbegun else ending.error
    return Rest(ending.thread_id, status, ending.values, ending.interrupts, error)


def keep_final_events(endings: Sequence[Ending]) -> None:
    RunEvent.objects.bulk_create(
        [
            RunEvent(run_id=ending.run_id, seq=ending.final_seq, event=TERMINAL, data=ending.status)
            for ending in endings
            if ending.final_seq is not None
        ]
    )
