"""The rows of new threads: one statement, whatever their number, for Django takes longer to write it than Postgres to
carry it out.
"""

from collections.abc import Sequence
from typing import LiteralString

from django.db import connection

from langgraph_server.arrays import by_column
from langgraph_server.encoding import document
from threads.models import Thread

INSERT: LiteralString = """
INSERT INTO threads_thread (thread_id, metadata, ttl_minutes, ttl_strategy, interrupts)
SELECT thread_id, metadata::jsonb, ttl_minutes, ttl_strategy, '{}'
FROM unnest(%s::uuid[], %b::text[], %s::float8[], %s::text[]) AS t (thread_id, metadata, ttl_minutes, ttl_strategy)
RETURNING created_at, updated_at, state_updated_at
"""


def insert(threads: Sequence[Thread]) -> Sequence[Thread]:
    """They get their times, which are the same for all."""
    rows = ((each.thread_id, document(each.metadata), each.ttl_minutes, each.ttl_strategy) for each in threads)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, by_column(rows))
        created, updated, state_updated = cursor.fetchone()
    for thread in threads:
        thread.created_at, thread.updated_at, thread.state_updated_at = created, updated, state_updated
    return threads
