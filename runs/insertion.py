"""The rows of admitted runs and of their threads: one statement, whatever their number.

It reads the database's clock itself, so that the times order a thread's runs as they were admitted: under the threads'
locks, or once it has found the threads as they were read before, with all runs that they had by then.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from django.db import connection

from langgraph_server.encoding import document
from langgraph_server.instances import Seen
from runs.models import Run
from threads.models import Thread

#: It takes one document for all: an array for each column takes psycopg twice as long. Of a document Postgres expects a
#: hundred rows, for which it would read small tables whole, and do so while they grow: so what it is to look up one by
#: one stands in sub-selects (docs/decisions/0024).
INSERT: LiteralString = """
WITH given AS MATERIALIZED (
    SELECT g.*, row_number() OVER () AS position
    FROM json_to_recordset(%s::json) AS g (
        run_id uuid, assistant_id uuid, graph_id text, metadata jsonb, kwargs json, multitask_strategy text, queue text,
        priority int2, idempotency_key text, push jsonb, assistant_version int4, after_seconds float8,
        assistant_seen xid, thread_seen xid, thread_id uuid, thread_metadata jsonb, thread_config jsonb,
        thread_priority int2, is_new boolean, ttl_minutes float8, ttl_strategy text, temporary boolean
    )
),
confirmed AS MATERIALIZED (
    SELECT g.* FROM given g WHERE g.assistant_seen IS NULL OR g.assistant_seen = (
        SELECT a.xmin FROM assistants_assistant a WHERE a.assistant_id = g.assistant_id
    )
),
locked AS MATERIALIZED (
    SELECT c.*
    FROM (SELECT * FROM confirmed WHERE NOT is_new ORDER BY thread_id) AS c,
    LATERAL (
        SELECT FROM threads_thread t
        WHERE t.thread_id = c.thread_id AND (c.thread_seen IS NULL OR t.xmin = c.thread_seen AND (
            c.multitask_strategy = 'enqueue' OR NOT EXISTS (
                SELECT FROM runs_run o WHERE o.thread_id = t.thread_id AND o.status IN ('pending', 'running')
            )
        ))
        FOR NO KEY UPDATE
    ) AS t
),
made AS (
    INSERT INTO threads_thread (
        thread_id, metadata, config, priority, ttl_minutes, ttl_strategy, temporary, status, interrupts
    )
    SELECT thread_id, thread_metadata, thread_config, thread_priority, ttl_minutes, ttl_strategy, temporary, 'busy',
        '{}'
    FROM confirmed WHERE is_new
),
occupied AS (
    UPDATE threads_thread t
    SET status = 'busy', metadata = o.thread_metadata, config = o.thread_config, priority = o.thread_priority,
        updated_at = now(), state_updated_at = now()
    FROM locked o WHERE t.thread_id = o.thread_id
),
clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
INSERT INTO runs_run (
    run_id, thread_id, assistant_id, graph_id, metadata, kwargs, multitask_strategy, queue, priority, idempotency_key,
    push, assistant_version, created_at, due_at, updated_at, status, attempt, crashes, progress, token, cancel_reason
)
SELECT r.run_id, r.thread_id, r.assistant_id, r.graph_id, r.metadata, r.kwargs, r.multitask_strategy, r.queue,
    r.priority, r.idempotency_key, r.push, r.assistant_version, due.at, due.at, clock.now, 'pending', 0, 0, 0, 0, ''
FROM clock,
    (SELECT * FROM confirmed WHERE is_new UNION ALL SELECT * FROM locked) AS r,
    LATERAL (
        SELECT clock.now + make_interval(secs => r.after_seconds) + r.position * interval '1 microsecond' AS at
    ) AS due
RETURNING run_id, created_at, updated_at
"""


def insert(
    runs: Sequence[Run],
    *,
    made: Sequence[Thread],
    delays: Mapping[UUID, float],
    seen: Iterable[Seen[Any]] = (),
) -> Sequence[Run]:
    """Those that were, with their times. `made`: threads that have no row yet; the others are locked or `seen`.

    `delays`: seconds until a run is due, by its id. `seen`: assistants and threads as they were read without a lock;
    where one has changed since, or a thread has active runs on which the new one is to act, nothing is inserted of it.
    """
    if not runs:
        return ()
    new = {thread.thread_id for thread in made}
    versions = {each.row.pk: each.version for each in seen}
    rows = [
        {
            **run_row(run, delays[run.run_id], versions),
            **thread_row(run.thread, versions),
            "is_new": run.thread_id in new,
        }
        for run in runs
    ]
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [document(rows)])
        times: dict[UUID, tuple[datetime, datetime]] = {row[0]: row[1:] for row in cursor.fetchall()}
    inserted = [run for run in runs if run.run_id in times]
    for run in inserted:
        run.created_at, run.updated_at = times[run.run_id]
        run.due_at = run.created_at
    return inserted


def run_row(run: Run, delay: float, versions: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "assistant_id": run.assistant_id,
        "assistant_seen": versions.get(run.assistant_id),
        "assistant_version": run.assistant_version,
        "graph_id": run.graph_id,
        "metadata": run.metadata,
        "kwargs": run.kwargs,
        "multitask_strategy": run.multitask_strategy,
        "queue": run.queue,
        "priority": run.priority,
        "idempotency_key": run.idempotency_key,
        "push": run.push,
        "after_seconds": delay,
    }


def thread_row(thread: Thread, versions: Mapping[UUID, str]) -> dict[str, Any]:
    return {
        "thread_id": thread.thread_id,
        "thread_seen": versions.get(thread.thread_id),
        "thread_metadata": thread.metadata,
        "thread_config": thread.config,
        "thread_priority": thread.priority,
        "ttl_minutes": thread.ttl_minutes,
        "ttl_strategy": thread.ttl_strategy,
        "temporary": thread.temporary,
    }
