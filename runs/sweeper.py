"""What others left undone: runs whose worker is lost, wake-ups that never came, rows past their time.

Every step is guarded, so any number of sweepers may run; an advisory lock only keeps them from doing the same work.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from langgraph_server import encoding
from langgraph_server.checkpoints import upkeep
from runs import cancellation, dispatch, lease
from runs.choices import RunStatus
from runs.models import Run, RunEvent
from runs.querysets import RunQuerySet
from runs.settlement import Ending, settle
from threads import expiry, occupancy
from threads.choices import ThreadStatus
from threads.lifecycle import delete_rows
from threads.models import Thread
from threads.querysets import ThreadQuerySet
from webhooks import retention as webhooks

logger = logging.getLogger(__name__)

LOCK = "langgraph_server.sweeper"
BATCH = 200
#: Before a lost run's next attempt, by the number of attempts it has lost in a row.
BACKOFF = (timedelta(0), timedelta(0), timedelta(seconds=1))


def sweep() -> None:
    with alone() as mine:
        if mine:
            recover_lost()
            announce_forgotten()
            forget_events()
            forget_temporary_threads()
            expiry.expire()
            webhooks.forget()


@contextmanager
def alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK])
        (mine,) = cursor.fetchone() or (False,)
        if not mine:
            yield False
            return
        try:
            yield True
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [LOCK])


def recover_lost() -> None:
    for run in Run.objects.expired().order_by("lease_until")[:BATCH]:
        recover(run)


def recover(run: Run) -> None:
    """Its worker has not renewed the lease: cancel it if that was wished, give up, or let another worker go on."""
    progress = upkeep.supersteps(run.thread_id, run.run_id)
    crashes = 1 if progress > run.progress else run.crashes + 1
    facts = {"run_id": str(run.run_id), "attempt": run.attempt, "crashes": crashes}
    if run.cancel_action:
        finish(run, cancellation.cancelled(run, run.cancel_action, run.cancel_reason))
        logger.info("cancelled a run whose worker is lost", extra=facts)
    elif crashes >= settings.RUN_ATTEMPTS:
        finish(run, given_up(run))
        logger.warning("gave up a run that lost its worker again and again", extra=facts)
    else:
        delay = BACKOFF[min(crashes, len(BACKOFF)) - 1]
        if lease.reclaim(run.run_id, run.token, crashes=crashes, progress=progress, delay=delay):
            dispatch.announce([run.queue])
            logger.warning("took a run from a lost worker", extra=facts)


def finish(run: Run, ending: Ending) -> None:
    with transaction.atomic():
        occupancy.lock([ending.thread_id])
        # The worker may have come back in this very moment; then the run is its own again.
        if Run.objects.expired().filter(run_id=ending.run_id, token=ending.token).exists():
            dispatch.announce(settle([ending]).queues)
            cancellation.conclude_on_commit([(run.run_id, run.epoch or 0, ending.status)])


def given_up(run: Run) -> Ending:
    message = f"The worker was lost {settings.RUN_ATTEMPTS} times in a row while it ran this run, without progress."
    return Ending(
        run_id=run.run_id,
        thread_id=run.thread_id,
        token=run.token,
        status=RunStatus.ERROR,
        error=encoding.dumps({"error": "WorkerLost", "message": message}).decode(),
        thread_status=ThreadStatus.ERROR,
        final_seq=run.final_seq(),
        webhook=bool(run.kwargs.get("webhook")),
    )


def announce_forgotten() -> None:
    """Their wake-up was lost; the workers' own poll finds them too."""
    waiting = Run.objects.filter(status=RunStatus.PENDING, due_at__lt=Now() - settings.RUN_SWEEP)
    dispatch.announce(waiting.values_list("queue", flat=True).distinct())


def with_old_events() -> RunQuerySet:
    return Run.objects.filter(ended_at__lt=Now() - settings.STREAM_RETENTION, events__seq=1)


def forget_events() -> None:
    run_ids = list(with_old_events().values_list("run_id", flat=True)[:BATCH])
    RunEvent.objects.filter(run_id__in=run_ids).delete()


def old_temporary_threads() -> ThreadQuerySet:
    over = Thread.objects.filter(temporary=True, updated_at__lt=Now() - settings.STREAM_RETENTION)
    return over.exclude(status=ThreadStatus.BUSY)


def forget_temporary_threads() -> None:
    idle = old_temporary_threads().order_by("updated_at")
    delete_rows(list(idle.values_list("thread_id", flat=True)[: 10 * BATCH]))
