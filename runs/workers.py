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
from django.db.models import QuerySet, TextChoices
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
RETURNING (
    SELECT count(*) FROM runs_worker AS other
    WHERE other.seen_at >= now() - make_interval(secs => %s) AND other.ended_at IS NULL AND NOT other.draining
        AND other.worker_id <> w.worker_id AND other.queues && w.queues AND other.runs < other.slots
)
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


class Standing(TextChoices):
    PRESENT = "present"
    #: It takes no more runs, and leaves when those it holds are over.
    DRAINING = "draining"
    #: It said goodbye.
    ENDED = "ended"
    #: It was killed, or cannot reach the database: its leases are over, too.
    SILENT = "silent"


def standing(worker: Worker, moment: datetime) -> Standing:
    if worker.ended_at:
        return Standing.ENDED
    if worker.seen_at < moment - patience():
        return Standing.SILENT
    return Standing.DRAINING if worker.draining else Standing.PRESENT


def tell(word: Word) -> int:
    """How many others have room for runs of the same queues."""
    name = (word.worker_id, socket.gethostname(), os.getpid())
    room = (list(word.queues), word.slots, word.runs)
    with connection.cursor() as cursor:
        cursor.execute(TELL, (*name, *room, word.draining, word.ended, patience().total_seconds()))
        return int(cursor.fetchall()[0][0])


def patience() -> timedelta:
    """After this a worker that said nothing is thought gone: its leases are over, too."""
    return settings.RUN_LEASE + timedelta(seconds=5)


def present() -> QuerySet[Worker]:
    return Worker.objects.filter(ended_at__isnull=True, seen_at__gte=Now() - patience())


def told_of_lately() -> QuerySet[Worker]:
    """Those that are there, and those that fell silent within the hour: somebody may want to know."""
    return Worker.objects.filter(ended_at__isnull=True, seen_at__gte=Now() - HOUR).order_by("-seen_at")


def forget() -> None:
    Worker.objects.filter(seen_at__lt=Now() - RETENTION).delete()
