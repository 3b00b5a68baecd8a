"""What happens to stored checkpoints as a whole: copy, prune, measure and delete.

Statements, where they are ours. The application's own checkpointer is asked instead, by `own` and `farewells`.
"""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db import DEFAULT_DB_ALIAS, connection, connections
from langgraph.checkpoint.postgres.base import PRUNE_DELTA_THREADS_SQL

from langgraph_server.checkpoints import farewells, own
from langgraph_server.checkpoints.backend import plan
from langgraph_server.checkpoints.commit import UNREACHABLE
from langgraph_server.checkpoints.errors import CheckpointerFailed, NotMeasured
from langgraph_server.checkpoints.fence import CheckpointsUnavailable
from langgraph_server.checkpoints.schema import library_connection, library_saver

R = TypeVar("R")

DELETE_OF_THREADS = (
    "DELETE FROM checkpoints WHERE thread_id = ANY(%s)",
    "DELETE FROM checkpoint_writes WHERE thread_id = ANY(%s)",
    "DELETE FROM checkpoint_blobs WHERE thread_id = ANY(%s)",
)

DELETE_OF_RUN = (
    """
    UPDATE checkpoints later SET parent_checkpoint_id = NULL FROM checkpoints c
    WHERE c.thread_id = %s AND c.metadata ->> 'run_id' = %s
    AND later.thread_id = c.thread_id AND later.checkpoint_ns = c.checkpoint_ns
    AND later.parent_checkpoint_id = c.checkpoint_id
    """,
    """
    DELETE FROM checkpoint_writes w USING checkpoints c
    WHERE c.thread_id = %s AND c.metadata ->> 'run_id' = %s
    AND w.thread_id = c.thread_id AND w.checkpoint_ns = c.checkpoint_ns AND w.checkpoint_id = c.checkpoint_id
    """,
    "DELETE FROM checkpoints WHERE thread_id = %s AND metadata ->> 'run_id' = %s",
)

COPY = (
    """
    INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT %s, checkpoint_ns, channel, version, type, blob FROM checkpoint_blobs WHERE thread_id = %s
    """,
    """
    INSERT INTO checkpoint_writes
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT %s, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob
    FROM checkpoint_writes WHERE thread_id = %s
    """,
    """
    INSERT INTO checkpoints
        (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
    SELECT new.thread_id, c.checkpoint_ns, c.checkpoint_id, c.parent_checkpoint_id, c.type, c.checkpoint,
        CASE WHEN c.metadata ? 'thread_id'
            THEN jsonb_set(c.metadata, '{thread_id}', to_jsonb(new.thread_id)) ELSE c.metadata END
    FROM checkpoints c, (SELECT %s::text AS thread_id) new WHERE c.thread_id = %s
    """,
)

STORAGE = """
SELECT
    (SELECT jsonb_build_object('count', count(*), 'bytes', coalesce(sum(pg_column_size(c.*)), 0))
     FROM checkpoints c WHERE c.thread_id = %(thread_id)s),
    (SELECT jsonb_build_object('count', count(*), 'bytes', coalesce(sum(pg_column_size(w.*)), 0))
     FROM checkpoint_writes w WHERE w.thread_id = %(thread_id)s),
    (SELECT coalesce(jsonb_object_agg(channel, jsonb_build_object('versions', versions, 'bytes', bytes)), '{}')
     FROM (SELECT channel, count(*) AS versions, sum(bytes) AS bytes FROM (
               SELECT channel, version, coalesce(length(blob), 0) AS bytes
               FROM checkpoint_blobs WHERE thread_id = %(thread_id)s
               UNION
               SELECT v.key, c.checkpoint -> 'channel_versions' ->> v.key, length(v.value::text)
               FROM checkpoints c, jsonb_each(c.checkpoint -> 'channel_values') v
               WHERE c.thread_id = %(thread_id)s
           ) held GROUP BY channel) channels)
"""

SUPERSTEPS = """
SELECT count(*) FROM checkpoints
WHERE thread_id = %s AND checkpoint_ns = '' AND metadata ->> 'run_id' = %s AND metadata ->> 'source' = 'loop'
"""


def delete_of_threads(thread_ids: Sequence[UUID], *, lasting: Sequence[UUID]) -> None:
    """The application's checkpointer never hears of a temporary thread."""
    keys = [str(thread_id) for thread_id in thread_ids]
    if is_own():
        farewells.of_threads(lasting)
    with connection.cursor() as cursor:
        for statement in DELETE_OF_THREADS:
            cursor.execute(statement, [keys])


def delete_of_run(thread_id: UUID, run_id: UUID) -> int:
    """How many checkpoints went; of the application's own checkpointer nobody knows yet, so that it is one.

    Blobs stay until the thread goes: other checkpoints may share some of them.
    """
    if is_own():
        farewells.of_run(thread_id, run_id)
        return 1
    with connection.cursor() as cursor:
        for statement in DELETE_OF_RUN:
            cursor.execute(statement, [str(thread_id), str(run_id)])
        return int(cursor.rowcount)


def needs_its_past(thread_id: UUID) -> bool:
    """A delta channel's value is rebuilt from older checkpoints, which must stay then."""
    if is_own():
        return False
    with connection.cursor() as cursor:
        cursor.execute(PRUNE_DELTA_THREADS_SQL, [[str(thread_id)]] * 2)
        return cursor.fetchone() is not None


def copy_own(source: UUID, target: UUID) -> None:
    """Outside any transaction; what `copy` does inside is for our tables."""
    ask(lambda saver: own.copy(saver, source, target))


def copy(source: UUID, target: UUID) -> None:
    with connection.cursor() as cursor:
        for statement in COPY:
            cursor.execute(statement, [str(target), str(source)])


def keep_latest(thread_ids: Sequence[UUID]) -> None:
    """What a run saves meanwhile stays. Raises NotImplementedError for threads with delta channels.

    Over a connection of the library's own, so that nobody else names its trouble.
    """
    keys = [str(thread_id) for thread_id in thread_ids]
    if is_own():
        ask(lambda saver: own.prune(saver, keys))
        return
    try:
        with library_connection(connections[DEFAULT_DB_ALIAS]) as connection:
            library_saver(connection).prune(keys, strategy="keep_latest")
    except UNREACHABLE as error:
        raise CheckpointsUnavailable(str(error)) from error


def storage(thread_id: UUID) -> dict[str, Any]:
    """Bytes and counts of what a thread holds, as the wire shows them."""
    if is_own():
        raise NotMeasured
    with connection.cursor() as cursor:
        cursor.execute(STORAGE, {"thread_id": str(thread_id)})
        checkpoints, writes, channels = (orjson.loads(column) for column in cursor.fetchone() or ())
    values = {
        "count": sum(channel["versions"] for channel in channels.values()),
        "bytes": sum(channel["bytes"] for channel in channels.values()),
        "by_channel": channels,
    }
    return {
        "thread_id": thread_id,
        "total_bytes": checkpoints["bytes"] + writes["bytes"] + values["bytes"],
        "checkpoints": checkpoints,
        "channel_values": values,
        "pending_writes": writes,
    }


def supersteps(thread_id: UUID, run_id: UUID) -> int:
    """How many supersteps of the run are committed; its first loop checkpoint only holds the input."""
    if is_own():
        return own_supersteps(thread_id, run_id)
    with connection.cursor() as cursor:
        cursor.execute(SUPERSTEPS, [str(thread_id), str(run_id)])
        row = cursor.fetchone()
    return max(0, row[0] - 1) if row else 0


def own_supersteps(thread_id: UUID, run_id: UUID) -> int:
    """None, where the application's checkpointer fails: the run counts as one that made no progress."""
    try:
        return ask(lambda saver: own.progress(saver, thread_id, run_id))
    except CheckpointerFailed:
        return 0


def refuse_rollback() -> None:
    """Where the application's checkpointer could not delete what the runs wrote."""
    if is_own():
        ask(own.demand_rollback)


def is_own() -> bool:
    return plan().own is not None


def ask(question: Callable[[own.OwnSaver], Coroutine[Any, Any, R]]) -> R:
    return own.ask(plan().own, question)
