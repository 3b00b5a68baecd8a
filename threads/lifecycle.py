"""Threads come and go."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from langgraph_server.checkpoints import upkeep
from threads import occupancy
from threads.errors import ThreadExists, ThreadNotFound
from threads.models import Thread


def create(*, thread_id: UUID | None, metadata: Mapping[str, Any], if_exists: str) -> Thread:
    """`if_exists="do_nothing"` returns the thread that is there, untouched."""
    if thread_id is None:
        return Thread.objects.create(metadata=dict(metadata))
    try:
        with transaction.atomic():
            return Thread.objects.create(thread_id=thread_id, metadata=dict(metadata))
    except IntegrityError:
        if if_exists != "do_nothing":
            raise ThreadExists(thread_id=thread_id) from None
        return get(thread_id)


def get(thread_id: UUID) -> Thread:
    try:
        return Thread.objects.get(thread_id=thread_id)
    except Thread.DoesNotExist:
        raise ThreadNotFound(thread_id=thread_id) from None


def delete(thread_id: UUID) -> None:
    """With its runs and checkpoints; a worker that runs one of them finds its lease gone and stops."""
    if not delete_rows([thread_id]):
        raise ThreadNotFound(thread_id=thread_id)


def delete_rows(thread_ids: Sequence[UUID]) -> int:
    """Late writers stay out: their fence is a row that goes in this transaction."""
    if not thread_ids:
        return 0
    with transaction.atomic():
        occupancy.lock(thread_ids)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM threads_thread WHERE thread_id = ANY(%s)", [list(thread_ids)])
            deleted = int(cursor.rowcount)
        upkeep.delete_of_threads(thread_ids)
    return deleted
