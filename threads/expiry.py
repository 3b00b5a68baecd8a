"""Threads that were left alone for their `ttl`: they go, or only their old checkpoints go, once until the next change.

A busy thread does not expire, and one that becomes busy in this very moment is skipped: its row is locked.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from langgraph_server.checkpoints.fence import CheckpointsUnavailable
from langgraph_server.errors import DomainError
from threads import lifecycle
from threads.choices import TtlStrategy
from threads.models import Thread
from threads.retention import sweep_interval, sweep_limit

logger = logging.getLogger(__name__)

#: As the index `thread_expiry` has it.
EXPIRED: LiteralString = """
FROM threads_thread
WHERE ttl_minutes IS NOT NULL AND status <> 'busy'
AND (updated_at AT TIME ZONE 'UTC') + ttl_minutes * interval '1 minute' <= now() AT TIME ZONE 'UTC'
"""
COUNT: LiteralString = "SELECT count(*)" + EXPIRED
TAKE: LiteralString = (
    "SELECT thread_id, ttl_strategy"
    + EXPIRED
    + "ORDER BY (updated_at AT TIME ZONE 'UTC') + ttl_minutes * interval '1 minute' LIMIT %s "
    "FOR NO KEY UPDATE SKIP LOCKED"
)
BATCH = 200


@dataclass
class Rhythm:
    """When this process looks again, by its own clock: among many, threads are looked at that many times as often."""

    due: float = 0.0

    def is_due(self) -> bool:
        if time.monotonic() < self.due:
            return False
        self.due = time.monotonic() + sweep_interval()
        return True


RHYTHM = Rhythm()


def overdue() -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT)
        return int(cursor.fetchone()[0])


def expire_when_due() -> int:
    """Not more often than `sweep_interval_minutes` says."""
    return expire() if RHYTHM.is_due() else 0


def expire() -> int:
    """In batches, up to `sweep_limit` threads."""
    expired, limit = 0, sweep_limit()
    while expired < limit and (count := expire_batch(min(BATCH, limit - expired))):
        expired += count
    return expired


def expire_batch(limit: int) -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TAKE, [limit])
            taken: list[tuple[UUID, str | None]] = cursor.fetchall()
        kept = [thread_id for thread_id, strategy in taken if strategy == TtlStrategy.KEEP_LATEST]
        lifecycle.delete_rows([thread_id for thread_id, _ in taken if thread_id not in kept])
    keep_latest(kept)
    return len(taken)


def keep_latest(thread_ids: Sequence[UUID]) -> None:
    """One by one, on the library's own connection or by the application's checkpointer: a thread that cannot be pruned,
    because of its channels or of another who prunes it, is asked again after another `ttl`, not at every sweep.
    """
    for thread_id in thread_ids:
        try:
            lifecycle.keep_latest([thread_id])
        except (DomainError, CheckpointsUnavailable) as error:
            Thread.objects.filter(thread_id=thread_id).update(updated_at=Now())
            logger.warning("thread not pruned", extra={"thread_id": str(thread_id), "error": str(error)})
