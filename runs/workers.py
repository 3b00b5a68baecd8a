"""The rows of worker processes: each tells its own several times a lease, from the thread that renews the leases."""

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import LiteralString
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from runs.records import Worker

#: Rows of workers that are gone are kept so long.
RETENTION = timedelta(days=1)
HOUR = timedelta(hours=1)

TELL: LiteralString = """
INSERT INTO runs_worker AS w (worker_id, host, process, queues, slots, runs, draining, ended_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, CASE WHEN %s THEN now() END)
ON CONFLICT (worker_id) DO UPDATE SET
    runs = excluded.runs, draining = excluded.draining, seen_at = now(), ended_at = excluded.ended_at
"""


@dataclass(frozen=True, slots=True)
class Word:
    """What a worker says of itself."""

    worker_id: UUID
    queues: Sequence[str]
    slots: int
    runs: int
    draining: bool = False
    ended: bool = False


def tell(word: Word) -> None:
    whole = [word.worker_id, socket.gethostname(), os.getpid(), list(word.queues), word.slots, word.runs]
    with connection.cursor() as cursor:
        cursor.execute(TELL, [*whole, word.draining, word.ended])


def patience() -> timedelta:
    """After this a worker that said nothing is thought gone: its leases are over, too."""
    return settings.RUN_LEASE + timedelta(seconds=5)


def present() -> QuerySet[Worker]:
    return Worker.objects.filter(ended_at__isnull=True, seen_at__gte=Now() - patience())


def silent(moment: datetime) -> QuerySet[Worker]:
    """They were killed, or cannot reach us: within the hour, somebody may want to know."""
    return Worker.objects.filter(ended_at__isnull=True, seen_at__lt=moment - patience(), seen_at__gte=moment - HOUR)


def forget() -> None:
    Worker.objects.filter(seen_at__lt=Now() - RETENTION).delete()
