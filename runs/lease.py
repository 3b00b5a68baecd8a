"""The lease on a run: claim, renew, release and give back, each one guarded statement over many runs.

What ends an attempt writes it down, in the statement that ends it; until then the run's row tells of it, and
`updated_at` is when it was claimed.

All times are the database's: a worker's clock never matters. The token fences: it grows with every claim and
reclaim, and a write that carries an older one touches no row. What takes a run from its owner locks it for update:
checkpoints are written under a key-share lock, which a renewal passes and this does not.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, connection

from runs import recording

#: After this many workers lost in a row without a new checkpoint a run gets its next superstep apart from the others.
SUSPECT = 2
#: By the number of workers lost in a row: those that run beside any other, those that share a worker with a few of
#: their kind, and those that get one each.
TRUSTED, SUSPECTS, LONERS = range(SUSPECT), range(SUSPECT, SUSPECT + 1), range(SUSPECT + 1, 2**31)
NOT_TRUSTED = range(SUSPECTS.start, LONERS.stop)
EVERYBODY = range(LONERS.stop)

#: It begins when it looks, not at `now()`: the run before may have ended between the two.
#: The tables of runs that wait and that run are small when Postgres last looked, and then grow and empty many times a
#: second. So the statement leaves it no choice: each queue is walked in its order, no further than needed, and each
#: run's thread is looked up (`OFFSET 0` keeps that from becoming a join, which may read all that runs for each run).
#: Whether the thread is blank it sees as of its beginning: what an attempt before this one wrote may be younger.
CLAIM = """
WITH ready AS (
    SELECT first.run_id, clock_timestamp() AS at
    FROM (VALUES {mine}) AS mine (queue),
    LATERAL (
        SELECT r.run_id, r.priority, r.created_at FROM runs_run r
        WHERE r.status = 'pending' AND r.queue = mine.queue AND r.due_at <= now() AND r.cancel_action IS NULL
        AND r.crashes BETWEEN %(fewest)s AND %(most)s
        AND NOT EXISTS (SELECT FROM runs_run a WHERE a.thread_id = r.thread_id AND a.status = 'running' OFFSET 0)
        AND NOT EXISTS (
            SELECT FROM runs_run o WHERE o.thread_id = r.thread_id AND o.status = 'pending'
            AND (o.created_at, o.run_id) < (r.created_at, r.run_id) OFFSET 0
        )
        ORDER BY r.priority, r.created_at, r.run_id
        LIMIT %(limit)s
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS first
    ORDER BY first.priority, first.created_at, first.run_id
    LIMIT %(limit)s
)
UPDATE runs_run r
SET status = 'running', attempt = r.attempt + 1, token = r.token + 1, owner = %(owner)s,
    lease_until = now() + make_interval(secs => %(lease)s),
    started_at = coalesce(r.started_at, ready.at), updated_at = ready.at,
    epoch = coalesce(r.epoch, nextval('runs_epoch'))
FROM ready
WHERE r.run_id = ready.run_id
RETURNING r.run_id, r.thread_id, r.graph_id, r.token, r.attempt, r.epoch, r.kwargs, r.metadata,
    extract(epoch FROM now() - r.due_at)::float8,
    r.token = 1 AND NOT EXISTS (SELECT FROM checkpoints c WHERE c.thread_id = r.thread_id::text),
    r.priority, r.created_at
"""

RENEW = """
UPDATE runs_run r SET lease_until = now() + make_interval(secs => %s)
FROM unnest(%s::uuid[], %s::bigint[]) AS held (run_id, token)
WHERE r.run_id = held.run_id AND r.token = held.token AND r.status = 'running'
RETURNING r.run_id, r.cancel_action, r.cancel_reason
"""

RELEASE = """
WITH held AS (
    SELECT r.run_id, r.token, r.attempt, r.owner, r.due_at, r.updated_at FROM runs_run r
    JOIN unnest(%s::uuid[], %s::bigint[]) AS owned (run_id, token) ON r.run_id = owned.run_id AND r.token = owned.token
    WHERE r.status = 'running'
    FOR UPDATE OF r
),
recorded AS (
    INSERT INTO runs_attempt (run_id, token, attempt, worker_id, due_at, started_at, outcome)
    SELECT run_id, token, attempt, owner, due_at, updated_at, 'released' FROM held WHERE %s
)
UPDATE runs_run r
SET status = 'pending', attempt = r.attempt - 1, token = r.token + 1, owner = NULL, lease_until = NULL,
    due_at = now() + make_interval(secs => %s), updated_at = now()
FROM held WHERE r.run_id = held.run_id
RETURNING r.run_id, r.queue
"""

RECLAIM = """
WITH lost AS (
    SELECT run_id, token, attempt, owner, due_at, updated_at FROM runs_run
    WHERE run_id = %s AND token = %s AND status = 'running' AND lease_until < now()
    FOR UPDATE SKIP LOCKED
),
recorded AS (
    INSERT INTO runs_attempt (run_id, token, attempt, worker_id, due_at, started_at, outcome)
    SELECT run_id, token, attempt, owner, due_at, updated_at, 'lost' FROM lost WHERE %s
)
UPDATE runs_run r
SET status = 'pending', token = r.token + 1, owner = NULL, lease_until = NULL,
    due_at = now() + make_interval(secs => %s), crashes = %s, charges = %s, progress = %s, lost_by = r.owner,
    updated_at = now()
FROM lost WHERE r.run_id = lost.run_id
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """A run this worker may execute, and the token that proves it."""

    run_id: UUID
    thread_id: UUID
    graph_id: str
    token: int
    attempt: int
    epoch: int
    kwargs: dict[str, Any]
    metadata: dict[str, Any]
    #: Seconds from being due to this claim.
    waited: float = 0.0
    #: When it was asked for, by `time.monotonic`: not before that does it last.
    asked: float = 0.0
    #: Its thread has no checkpoints.
    blank: bool = False

    @property
    def is_repeated(self) -> bool:
        """An earlier attempt, charged or not, may have left checkpoints and events."""
        return self.token > 1

    @property
    def facts(self) -> dict[str, Any]:
        """What logs and traces say of it."""
        return {"run_id": str(self.run_id), "thread_id": str(self.thread_id), "attempt": self.attempt}


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wants a running run to end."""

    action: str
    reason: str


def claim_of(queues: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The statement and its parameters for these queues, each of them written out. Of an array Postgres expects ten
    elements when it plans for good: it would rather plan each claim anew, which takes longer than the claim.
    """
    names = {f"queue_{number}": queue for number, queue in enumerate(queues)}
    return CLAIM.format(mine=", ".join(f"(%({name})s::text)" for name in names)), names


def claim(*, owner: UUID, queues: Sequence[str], limit: int, lease: timedelta, crashes: range = TRUSTED) -> list[Lease]:
    """Up to `limit` ready runs, the most urgent first, and of these the oldest. Fewer than wished is not an error.

    `crashes`: of those that lost so many workers in a row. Suspects come only when asked for, so that they can be
    kept apart.
    """
    statement, names = claim_of(queues)
    parameters = {
        **names,
        "owner": owner,
        "lease": seconds(lease),
        "fewest": crashes.start,
        "most": crashes.stop - 1,
    }
    try:
        return take(statement, {**parameters, "limit": limit})
    except IntegrityError:
        # Another worker took a run of the same thread at the same moment; the constraint decided. One by one
        # the others of this batch still go through.
        return claim_singly(statement, parameters, limit)


def claim_singly(statement: str, parameters: Mapping[str, Any], limit: int) -> list[Lease]:
    leases: list[Lease] = []
    for _ in range(limit):
        try:
            leases += (taken := take(statement, {**parameters, "limit": 1}))
        except IntegrityError:
            continue
        if not taken:
            break
    return leases


def take(statement: str, parameters: Mapping[str, Any]) -> list[Lease]:
    asked = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = sorted(cursor.fetchall(), key=lambda row: (*row[-2:], row[0]))
    return [
        Lease(run_id, thread_id, graph_id, token, attempt, epoch, kwargs, orjson.loads(metadata), waited, asked, blank)
        for run_id, thread_id, graph_id, token, attempt, epoch, kwargs, metadata, waited, blank, *_ in rows
    ]


def renew(held: Iterable[tuple[UUID, int]], *, lease: timedelta) -> dict[UUID, Wish | None]:
    """The runs still held, each with the wish to end it if there is one. Who is missing has been replaced."""
    run_ids, tokens = split(held)
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [seconds(lease), run_ids, tokens])
        return {row[0]: Wish(row[1], row[2]) if row[1] else None for row in cursor.fetchall()}


def release(held: Iterable[tuple[UUID, int]], *, delay: timedelta = timedelta(0)) -> set[str]:
    """Give runs back with their attempt unspent; the queues in which workers may now find them."""
    run_ids, tokens = split(held)
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, [run_ids, tokens, recording.attempts(), seconds(delay)])
        return {row[1] for row in cursor.fetchall()}


def reclaim(run_id: UUID, token: int, *, crashes: int, progress: int, delay: timedelta, charges: int = 0) -> bool:
    """Take an expired run from its owner and put it back in the queue; False if somebody was first, or writes now."""
    with connection.cursor() as cursor:
        cursor.execute(RECLAIM, [run_id, token, recording.attempts(), seconds(delay), crashes, charges, progress])
        return bool(cursor.rowcount)


def seconds(interval: timedelta) -> float:
    return interval.total_seconds()


def split(held: Iterable[tuple[UUID, int]]) -> tuple[list[UUID], list[int]]:
    pairs = sorted(held)
    return [run_id for run_id, _ in pairs], [token for _, token in pairs]
