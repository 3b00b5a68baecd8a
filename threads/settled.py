"""A thread between runs: may its state be written, and what its row shows of its last checkpoint."""

from typing import Any, LiteralString
from uuid import UUID

from django.db import connection, transaction

from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.encoding import document
from threads import occupancy
from threads.choices import ThreadStatus
from threads.errors import ThreadHasRuns, ThreadNotFound
from threads.models import Thread
from threads.occupancy import Rest

#: Of those whose row is behind their checkpoints. Who takes one has a minute; a graph that cannot be opened is asked
#: again after ever longer, for a day.
TAKE: LiteralString = """
UPDATE threads_thread t SET refresh_at = now() + greatest(interval '1 minute', now() - t.state_updated_at)
FROM (
    SELECT thread_id FROM threads_thread
    WHERE refresh_at <= now() AND status <> 'busy' AND state_updated_at > now() - interval '1 day'
    ORDER BY refresh_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
) due
WHERE t.thread_id = due.thread_id
RETURNING t.thread_id
"""

#: A thread keeps the error of its last run.
SHOW: LiteralString = """
UPDATE threads_thread
SET values = %(values)s::json, interrupts = %(interrupts)s::json, waits = %(waits)s,
    status = CASE WHEN status = 'error' THEN 'error' WHEN %(waits)s THEN 'interrupted' ELSE 'idle' END,
    refresh_at = NULL, updated_at = now(), state_updated_at = now()
WHERE thread_id = %(thread_id)s AND refresh_at = %(refresh_at)s AND status <> 'busy'
"""


def idle_thread(thread_id: UUID, *, visible: Filter = EVERYTHING) -> Thread:
    """Refuses a thread with runs in flight: they would overwrite what is written now."""
    thread = Thread.objects.visible(visible).filter(thread_id=thread_id).first()
    if thread is None:
        raise ThreadNotFound(thread_id=thread_id)
    if thread.status == ThreadStatus.BUSY:
        raise ThreadHasRuns(thread_id=thread_id)
    return thread


def record(thread_id: UUID, values: Any, interrupts: Any, *, waits: bool) -> None:
    """A run that was admitted meanwhile keeps the thread busy; it will tell how it leaves it."""
    with transaction.atomic():
        thread = occupancy.lock([thread_id]).get(thread_id)
        if thread is None or thread.status == ThreadStatus.BUSY:
            return
        status = ThreadStatus.INTERRUPTED if waits else ThreadStatus.IDLE
        occupancy.come_to_rest([Rest(thread_id, status, document(values), document(interrupts), waits=waits)])


def take_outdated(limit: int) -> list[Thread]:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [limit])
        taken = [row[0] for row in cursor.fetchall()]
    return list(Thread.objects.filter(thread_id__in=taken).defer("values"))


def show(outdated: Thread, values: Any, interrupts: Any, *, waits: bool) -> bool:
    """False: a run has come since the thread was taken, and will tell how it leaves it."""
    shown: dict[str, Any] = {"values": document(values), "interrupts": document(interrupts), "waits": waits}
    with connection.cursor() as cursor:
        cursor.execute(SHOW, {**shown, "thread_id": outdated.thread_id, "refresh_at": outdated.refresh_at})
        return bool(cursor.rowcount)
