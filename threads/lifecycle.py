"""Threads come, change and go."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.checkpoints import upkeep
from threads import occupancy
from threads.choices import ThreadStatus
from threads.errors import CannotBePruned, ThreadExists, ThreadGone, ThreadNotFound
from threads.models import Thread
from threads.retention import Ttl

DELETE = "DELETE FROM threads_thread WHERE thread_id = ANY(%s) RETURNING thread_id, temporary"
NOTHING: Mapping[str, Any] = {}


def create(thread: Thread, *, if_exists: str = "raise", visible: Filter = EVERYTHING) -> Thread:
    """`if_exists="do_nothing"` returns the thread that is there, untouched, to those who may see it."""
    try:
        with transaction.atomic():
            thread.save(force_insert=True)
    except IntegrityError:
        found = Thread.objects.visible(visible).filter(thread_id=thread.thread_id).first()
        if if_exists != "do_nothing" or found is None:
            raise ThreadExists(thread_id=thread.thread_id) from None
        return found
    return thread


def get(thread_id: UUID, *, visible: Filter = EVERYTHING) -> Thread:
    try:
        return Thread.objects.visible(visible).get(thread_id=thread_id)
    except Thread.DoesNotExist:
        raise ThreadNotFound(thread_id=thread_id) from None


def update(
    thread_id: UUID, *, metadata: Mapping[str, Any] | None, ttl: Ttl | None, visible: Filter = EVERYTHING
) -> Thread:
    """Top-level keys of the metadata replace those that are there; none is ever removed."""
    with transaction.atomic():
        thread = occupancy.lock([thread_id], visible=visible).get(thread_id)
        if thread is None:
            raise ThreadGone
        changes = {"metadata": {**thread.metadata, **metadata}} if metadata else {}
        Thread.objects.filter(thread_id=thread_id).update(updated_at=Now(), **changes, **ttl_fields(ttl))
    return get(thread_id)


def ttl_fields(ttl: Ttl | None) -> dict[str, Any]:
    return {"ttl_minutes": ttl.minutes, "ttl_strategy": ttl.strategy} if ttl else {}


def copy(
    thread_id: UUID, *, to: UUID | None = None, metadata: Mapping[str, Any] = NOTHING, visible: Filter = EVERYTHING
) -> Thread:
    """A thread at rest with the whole history, each table copied by one statement; `metadata` joins the source's."""
    target = to or uuid4()
    if upkeep.is_own():
        upkeep.copy_own(get(thread_id, visible=visible).thread_id, target)
    with transaction.atomic():
        source = occupancy.lock([thread_id], visible=visible).get(thread_id)
        if source is None:
            raise ThreadNotFound(thread_id=thread_id)
        source.refresh_from_db(fields=["values"])
        status = ThreadStatus.INTERRUPTED if source.waits else ThreadStatus.IDLE
        copied = Thread.objects.create(
            thread_id=target,
            metadata={**source.metadata, **metadata},
            status=status,
            values=source.values,
            interrupts=source.interrupts,
            waits=source.waits,
            # A run that is under way, or was lost, has left more than the row shows.
            refresh_at=Now() if source.status == ThreadStatus.BUSY or source.refresh_at else None,
            ttl_minutes=source.ttl_minutes,
            ttl_strategy=source.ttl_strategy,
        )
        upkeep.copy(thread_id, copied.thread_id)
    return copied


def delete(thread_id: UUID, *, visible: Filter = EVERYTHING) -> None:
    """With its runs and checkpoints; a worker that runs one of them finds its lease gone and stops."""
    if not delete_rows([thread_id], visible=visible):
        raise ThreadNotFound(thread_id=thread_id)


def delete_rows(thread_ids: Sequence[UUID], *, visible: Filter = EVERYTHING) -> int:
    """Late writers stay out: their fence is a row that goes in this transaction."""
    if not thread_ids:
        return 0
    with transaction.atomic():
        held = occupancy.lock_rows(thread_ids, visible=visible)
        thread_ids = held if visible else thread_ids
        with connection.cursor() as cursor:
            cursor.execute(DELETE, [list(thread_ids)])
            deleted = cursor.fetchall()
        lasting = [thread_id for thread_id, temporary in deleted if not temporary]
        upkeep.delete_of_threads(thread_ids, lasting=lasting)
    return len(deleted)


def keep_latest(thread_ids: Sequence[UUID], *, visible: Filter = EVERYTHING) -> int:
    """Old checkpoints go, the latest of each namespace stays; how many of the threads there are."""
    threads = Thread.objects.visible(visible).filter(thread_id__in=thread_ids)
    found = list(threads.values_list("thread_id", flat=True))
    try:
        upkeep.keep_latest(found)
    except NotImplementedError as error:
        raise CannotBePruned(reason=error) from error
    Thread.objects.filter(thread_id__in=found).update(updated_at=Now())
    return len(found)
