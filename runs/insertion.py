"""The rows of admitted runs and of their threads: one statement, whatever their number.

It reads the database's clock itself: under the threads' locks, so that the times order a thread's runs as they were
admitted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from django.db import connection

from langgraph_server.arrays import by_column
from langgraph_server.encoding import document
from runs.models import Run
from threads.models import Thread

#: Documents go in binary (`%b`): as text, each quote in them is escaped on the way, at a price.
INSERT: LiteralString = """
WITH made AS (
    INSERT INTO threads_thread (
        thread_id, metadata, config, priority, ttl_minutes, ttl_strategy, temporary, status, interrupts
    )
    SELECT t.thread_id, t.metadata::jsonb, t.config::jsonb, t.priority, t.ttl_minutes, t.ttl_strategy, t.temporary,
        'busy', '{}'
    FROM unnest(%s::uuid[], %b::text[], %b::text[], %s::int2[], %s::float8[], %s::text[], %s::boolean[])
        AS t (thread_id, metadata, config, priority, ttl_minutes, ttl_strategy, temporary)
),
occupied AS (
    UPDATE threads_thread t
    SET status = 'busy', metadata = o.metadata::jsonb, config = o.config::jsonb, priority = o.priority,
        updated_at = now(), state_updated_at = now()
    FROM unnest(%s::uuid[], %b::text[], %b::text[], %s::int2[]) AS o (thread_id, metadata, config, priority)
    WHERE t.thread_id = o.thread_id
),
clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
INSERT INTO runs_run (
    run_id, thread_id, assistant_id, graph_id, metadata, kwargs, multitask_strategy, queue, priority, idempotency_key,
    push, assistant_version, created_at, due_at, updated_at, status, attempt, crashes, progress, token, cancel_reason
)
SELECT r.run_id, r.thread_id, r.assistant_id, r.graph_id, r.metadata::jsonb, r.kwargs::json, r.multitask_strategy,
    r.queue, r.priority, r.idempotency_key, r.push::jsonb, r.assistant_version, due.at, due.at, clock.now, 'pending',
    0, 0, 0, 0, ''
FROM clock,
    unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %b::text[], %b::text[], %s::text[], %s::text[], %s::int2[],
        %s::text[], %b::text[], %s::int4[], %s::float8[])
    WITH ORDINALITY AS r (run_id, thread_id, assistant_id, graph_id, metadata, kwargs, multitask_strategy, queue,
        priority, idempotency_key, push, assistant_version, after_seconds, position),
    LATERAL (
        SELECT clock.now + make_interval(secs => r.after_seconds) + r.position * interval '1 microsecond' AS at
    ) AS due
RETURNING run_id, created_at, updated_at
"""


def insert(runs: Sequence[Run], *, made: Sequence[Thread], delays: Mapping[UUID, float]) -> None:
    """The runs get their times. `made`: threads that have no row yet; those of the other runs are locked.

    `delays`: seconds until a run is due, by its id.
    """
    if not runs:
        return
    new = {thread.thread_id for thread in made}
    occupied = [run.thread for run in runs if run.thread_id not in new]
    columns = [*by_column(map(new_row, made), 7), *by_column(map(occupied_row, occupied), 4)]
    columns += by_column((run_row(run, delays[run.run_id]) for run in runs), 13)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, columns)
        times: dict[UUID, tuple[datetime, datetime]] = {row[0]: row[1:] for row in cursor.fetchall()}
    for run in runs:
        run.created_at, run.updated_at = times[run.run_id]
        run.due_at = run.created_at


def new_row(thread: Thread) -> tuple[object, ...]:
    return (*occupied_row(thread), thread.ttl_minutes, thread.ttl_strategy, thread.temporary)


def occupied_row(thread: Thread) -> tuple[object, ...]:
    return (thread.thread_id, document(thread.metadata), document(thread.config), thread.priority)


def run_row(run: Run, delay: float) -> tuple[object, ...]:
    documents = (document(run.metadata), document(run.kwargs))
    names = (run.run_id, run.thread_id, run.assistant_id, run.graph_id)
    turn = (run.multitask_strategy, run.queue, run.priority)
    push = None if run.push is None else document(run.push)
    return (*names, *documents, *turn, run.idempotency_key, push, run.assistant_version, delay)
