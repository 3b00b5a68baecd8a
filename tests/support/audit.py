"""What must hold of the rows once nothing runs any more: each law as a query for its breaches."""

from typing import LiteralString

import psycopg
from django.db import connection

LAWS: dict[str, LiteralString] = {
    "every run reached its end": """
        SELECT run_id, status, attempt, lease_until FROM runs_run WHERE status IN ('pending', 'running')
    """,
    "a run that ended is held by nobody": """
        SELECT run_id, status, owner FROM runs_run
        WHERE status NOT IN ('pending', 'running')
        AND (owner IS NOT NULL OR lease_until IS NOT NULL OR ended_at IS NULL)
    """,
    "a resumable run that began has one final event, its last": """
        SELECT r.run_id, r.status, array_agg(e.seq) FILTER (WHERE e.event = 'end'), max(e.seq)
        FROM runs_run r LEFT JOIN runs_runevent e USING (run_id)
        WHERE r.kwargs ->> 'resumable' = 'true' AND r.started_at IS NOT NULL
        GROUP BY r.run_id
        HAVING (array_agg(e.seq) FILTER (WHERE e.event = 'end')) IS DISTINCT FROM ARRAY[max(e.seq)]
    """,
    "the final event says how the run ended": """
        SELECT r.run_id, r.status, e.data FROM runs_run r JOIN runs_runevent e USING (run_id)
        WHERE e.event = 'end' AND e.data <> r.status
    """,
    "kept events have no gap": """
        SELECT run_id, count(*), min(seq), max(seq) FROM runs_runevent
        GROUP BY run_id HAVING max(seq) <> count(*) OR min(seq) <> 1
    """,
    "a thread is busy only while it has an active run": """
        SELECT t.thread_id, t.status FROM threads_thread t
        WHERE (t.status = 'busy') <> EXISTS (
            SELECT FROM runs_run r WHERE r.thread_id = t.thread_id AND r.status IN ('pending', 'running')
        )
    """,
    "a thread at rest agrees with its last run": """
        SELECT t.thread_id, t.status, r.run_id, r.status
        FROM threads_thread t
        JOIN LATERAL (
            SELECT * FROM runs_run r WHERE r.thread_id = t.thread_id ORDER BY r.ended_at DESC, r.created_at DESC LIMIT 1
        ) r ON true
        WHERE t.status <> 'busy' AND t.status <> ALL (
            CASE WHEN r.status IN ('error', 'timeout') THEN ARRAY['error'] ELSE ARRAY['idle', 'interrupted'] END
        )
    """,
    "checkpoints, blobs and writes belong to a thread that exists": """
        SELECT c.thread_id, c.kind
        FROM (
            SELECT DISTINCT thread_id, 'checkpoint' AS kind FROM checkpoints
            UNION ALL SELECT DISTINCT thread_id, 'blob' FROM checkpoint_blobs
            UNION ALL SELECT DISTINCT thread_id, 'write' FROM checkpoint_writes
        ) c
        LEFT JOIN threads_thread t ON t.thread_id::text = c.thread_id
        WHERE t.thread_id IS NULL
    """,
    "no checkpoint is newer than the last attempt of its run": """
        SELECT c.thread_id, c.checkpoint_id, c.metadata ->> 'run_attempt', r.attempt
        FROM checkpoints c JOIN runs_run r ON r.run_id::text = c.metadata ->> 'run_id'
        WHERE (c.metadata ->> 'run_attempt')::int > r.attempt
    """,
    "a checkpoint has one successor, forks aside: nobody wrote beside the owner": """
        SELECT thread_id, checkpoint_ns, parent_checkpoint_id, count(*) FROM checkpoints c
        WHERE parent_checkpoint_id IS NOT NULL
        AND metadata ->> 'source' NOT IN ('update', 'fork')
        AND NOT EXISTS (
            SELECT FROM runs_run r
            WHERE r.run_id::text = c.metadata ->> 'run_id'
            AND (r.kwargs #> '{config,configurable}')::jsonb ? 'checkpoint_id'
        )
        GROUP BY thread_id, checkpoint_ns, parent_checkpoint_id HAVING count(*) > 1
    """,
}


def breaches(database_uri: str) -> dict[str, list[tuple[object, ...]]]:
    """The laws that do not hold, each with the first rows that break it."""
    with psycopg.connect(database_uri) as connection:
        found = {law: connection.execute(query).fetchmany(10) for law, query in LAWS.items()}
    return {law: rows for law, rows in found.items() if rows}


def forget_checkpoints() -> None:
    """Of other tests: the library's tables are not among those that Django empties after each."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes")
