"""What happens to stored checkpoints as a whole: delete those of threads, or those that one run wrote."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

DELETE_OF_THREADS = (
    "DELETE FROM checkpoints WHERE thread_id = ANY(%s)",
    "DELETE FROM checkpoint_writes WHERE thread_id = ANY(%s)",
    "DELETE FROM checkpoint_blobs WHERE thread_id = ANY(%s)",
)

DELETE_OF_RUN = (
    """
    DELETE FROM checkpoint_writes w USING checkpoints c
    WHERE c.thread_id = %s AND c.metadata ->> 'run_id' = %s
    AND w.thread_id = c.thread_id AND w.checkpoint_ns = c.checkpoint_ns AND w.checkpoint_id = c.checkpoint_id
    """,
    "DELETE FROM checkpoints WHERE thread_id = %s AND metadata ->> 'run_id' = %s",
)

SUPERSTEPS = """
SELECT count(*) FROM checkpoints
WHERE thread_id = %s AND checkpoint_ns = '' AND metadata ->> 'run_id' = %s AND metadata ->> 'source' = 'loop'
"""


def delete_of_threads(thread_ids: Iterable[UUID]) -> None:
    keys = [str(thread_id) for thread_id in thread_ids]
    with connection.cursor() as cursor:
        for statement in DELETE_OF_THREADS:
            cursor.execute(statement, [keys])


def delete_of_run(thread_id: UUID, run_id: UUID) -> None:
    """Its blobs stay until the thread goes: later checkpoints may share those that the run did not change."""
    with connection.cursor() as cursor:
        for statement in DELETE_OF_RUN:
            cursor.execute(statement, [str(thread_id), str(run_id)])


def supersteps(thread_id: UUID, run_id: UUID) -> int:
    """How many supersteps of the run are committed; its first loop checkpoint only holds the input."""
    with connection.cursor() as cursor:
        cursor.execute(SUPERSTEPS, [str(thread_id), str(run_id)])
        row = cursor.fetchone()
    return max(0, row[0] - 1) if row else 0
