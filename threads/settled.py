"""A thread between runs: may its state be written, and what its row shows after that."""

from typing import Any
from uuid import UUID

from django.db import transaction

from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.encoding import document
from threads import occupancy
from threads.choices import ThreadStatus
from threads.errors import ThreadHasRuns, ThreadNotFound
from threads.models import Thread
from threads.occupancy import Rest


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
        occupancy.come_to_rest([Rest(thread_id, status, document(values), document(interrupts))])
