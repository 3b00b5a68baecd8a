"""Who occupies a thread: its row is the lock that orders everything runs do to it. Only `runs` calls this.

Lock order everywhere: threads by id, then runs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, LiteralString
from uuid import UUID

from django.db import connection

from langgraph_server.arrays import by_column
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.instances import Seen, instances, versioned
from langgraph_server.pipelines import Statement, execute_together
from threads.models import Thread
from threads.searching import seen_by

#: The rows that exist, locked as `lock` does, and whether nodes of theirs are left to run.
LOCK: LiteralString = """
SELECT thread_id, waits FROM threads_thread WHERE thread_id = ANY(%s) ORDER BY thread_id FOR NO KEY UPDATE
"""

REST: LiteralString = """
UPDATE threads_thread t
SET status = r.status, error = r.error::jsonb,
    values = coalesce(r.values::json, t.values), interrupts = coalesce(r.interrupts::json, t.interrupts),
    waits = coalesce(r.waits, t.waits),
    refresh_at = CASE WHEN r.outdated THEN now() WHEN r.values IS NULL THEN t.refresh_at END,
    updated_at = now(), state_updated_at = now()
FROM unnest(%s::uuid[], %s::text[], %b::text[], %b::text[], %b::text[], %s::bool[], %s::bool[])
    AS r (thread_id, status, values, interrupts, error, waits, outdated)
WHERE t.thread_id = r.thread_id
"""


@dataclass(frozen=True, slots=True)
class Rest:
    """How a thread came to rest, or goes on: documents are JSON text, None leaves what is there (error: clears it)."""

    thread_id: UUID
    status: str
    values: str | None = None
    interrupts: str | None = None
    error: str | None = None
    #: Nodes are left to run. None: as before.
    waits: bool | None = None
    #: There are checkpoints that `values` and `interrupts` do not show: a worker is to look at them.
    outdated: bool = False


#: Of one, in the statement's order.
COLUMNS = attrgetter(*(field.name for field in fields(Rest)))
#: All but what may be large.
LOCKED = [field.attname for field in Thread._meta.concrete_fields if field.attname != "values"]
SEE = f"SELECT xmin, {', '.join(LOCKED)} FROM threads_thread WHERE thread_id = ANY(%s)"


def seen(thread_ids: Sequence[UUID]) -> dict[UUID, Seen[Thread]]:
    """The rows that exist, not locked."""
    if not thread_ids:
        return {}
    (rows,) = execute_together((SEE, [thread_ids]))
    return {each.row.thread_id: each for each in versioned(Thread, LOCKED, rows)}


def lock(thread_ids: Collection[UUID], *, visible: Filter = EVERYTHING) -> dict[UUID, Thread]:
    """The rows that exist and may be seen, locked until the transaction ends.

    `NO KEY`: rows that refer to a thread may still be inserted meanwhile.
    """
    rows = locked(LOCKED, thread_ids, visible)
    return {thread.thread_id: thread for thread in instances(Thread, LOCKED, rows)}


def lock_rows(thread_ids: Collection[UUID], *, visible: Filter = EVERYTHING) -> list[UUID]:
    """The same, for whoever only needs to know which there are."""
    return [thread_id for (thread_id,) in locked(["thread_id"], thread_ids, visible)]


def locked(names: Sequence[str], thread_ids: Collection[UUID], visible: Filter) -> list[tuple[Any, ...]]:
    if not thread_ids:
        return []
    conditions, parameters = seen_by(visible)
    shown = ", ".join(f'"{name}"' for name in names)
    condition = " AND ".join(["thread_id = ANY(%s)", *conditions])
    with connection.cursor() as cursor:
        statement = f"SELECT {shown} FROM threads_thread WHERE {condition} ORDER BY thread_id FOR NO KEY UPDATE"
        cursor.execute(statement, [list(thread_ids), *parameters])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def come_to_rest(rests: Sequence[Rest]) -> None:
    """Holds their locks."""
    execute_together(*resting(rests))


def resting(rests: Sequence[Rest]) -> list[Statement]:
    """The statement, if there are any."""
    return [(REST, by_column(map(COLUMNS, rests)))] if rests else []
