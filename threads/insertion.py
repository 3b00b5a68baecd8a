"""The rows of new threads: one statement, whatever their number, for Django takes longer to write it than Postgres to
carry it out.
"""

from collections.abc import Sequence
from typing import Any, LiteralString

from django.db import connection

from langgraph_server.encoding import document
from threads.models import Thread

INSERT: LiteralString = """
INSERT INTO threads_thread (thread_id, metadata, ttl_minutes, ttl_strategy, interrupts)
SELECT thread_id, metadata, ttl_minutes, ttl_strategy, '{}'
FROM json_to_recordset(%s::json) AS t (thread_id uuid, metadata jsonb, ttl_minutes float8, ttl_strategy text)
RETURNING created_at, updated_at, state_updated_at
"""


def insert(threads: Sequence[Thread]) -> Sequence[Thread]:
    """They get their times, which are the same for all."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [document([row(thread) for thread in threads])])
        created, updated, state_updated = cursor.fetchone()
    for thread in threads:
        thread.created_at, thread.updated_at, thread.state_updated_at = created, updated, state_updated
    return threads


def row(thread: Thread) -> dict[str, Any]:
    return {
        "thread_id": thread.thread_id,
        "metadata": thread.metadata,
        "ttl_minutes": thread.ttl_minutes,
        "ttl_strategy": thread.ttl_strategy,
    }
