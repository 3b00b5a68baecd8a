"""What others left undone: runs whose worker is lost, wake-ups that never came, rows past their time.

Every step is guarded, so any number of sweepers may run at once. None of them holds a lock that would keep the
others from it: a process that is frozen in the middle must not be able to.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from langgraph_server import encoding
from langgraph_server.checkpoints import upkeep
from langgraph_server.clock import database_start
from runs import cancellation, dispatch, lease, minutes, timelines, workers
from runs.choices import RunStatus
from runs.ending import Ending
from runs.models import Run, RunEvent
from runs.querysets import RunQuerySet
from runs.settlement import settle
from threads import expiry, occupancy
from threads.choices import ThreadStatus
from threads.lifecycle import delete_rows
from threads.models import Thread
from threads.querysets import ThreadQuerySet
from webhooks import retention as webhooks

logger = logging.getLogger(__name__)

BATCH = 200
#: Before a lost run's next attempt, by the number of attempts it has lost in a row.
BACKOFF = (timedelta(0), timedelta(0), timedelta(0), timedelta(seconds=1))
#: Whoever it was: so many times the losses that end a run which is alone end one that never is.
MERCY = 4


def sweep() -> None:
    recover_lost()
    end_wished()
    announce_forgotten()
    forget_events()
    forget_temporary_threads()
    expiry.expire_when_due()
    webhooks.forget()
    timelines.forget()
    minutes.forget()
    workers.forget()


def recover_lost() -> None:
    recover_each(list(Run.objects.expired().order_by("lease_until")[:BATCH]))


def recover_each(expired: Sequence[Run]) -> None:
    if not expired:
        return
    started = database_start()
    # Before any of them is dealt with: who is rolled back leaves no trace of having been there.
    alone = alone_in_their_workers(expired)
    for run in expired:
        recover(run, started, alone=run.run_id in alone)


def alone_in_their_workers(expired: Sequence[Run]) -> set[UUID]:
    """Runs whose worker held nothing else when it was lost. Others may have been taken from it a moment ago."""
    owners = {run.owner for run in expired}
    held = Run.objects.filter(status=RunStatus.RUNNING, owner__in=owners).values_list("owner", "run_id")
    taken = Run.objects.filter(lost_by__in=owners).values_list("lost_by", "run_id")
    company: dict[UUID | None, set[UUID]] = defaultdict(set)
    for owner, run_id in chain(held, taken):
        company[owner].add(run_id)
    return {run.run_id for run in expired if not company[run.owner] - {run.run_id}}


def recover(run: Run, database_started: datetime, *, alone: bool) -> None:
    """Its worker has not renewed the lease: cancel it if that was wished, give up, or let another worker go on."""
    progress = upkeep.supersteps(run.thread_id, run.run_id)
    crashes, charges = (0, 0) if progress > run.progress else (run.crashes, run.charges)
    # If Postgres itself was restarted meanwhile, nobody could renew: that says nothing about the worker or the graph.
    if database_started <= last_renewed(run):
        crashes += 1
        charges += alone
    facts = {"run_id": str(run.run_id), "attempt": run.attempt, "crashes": crashes, "charges": charges}
    if run.cancel_action:
        finish(run, lambda held: cancellation.cancelled(held, held.cancel_action or "", held.cancel_reason))
        logger.info("cancelled a run whose worker is lost", extra=facts)
    elif charges >= settings.RUN_ATTEMPTS or crashes >= MERCY * settings.RUN_ATTEMPTS:
        finish(run, partial(given_up, crashes=crashes))
        logger.warning("gave up a run that lost its worker again and again", extra=facts)
    else:
        delay = BACKOFF[min(crashes, len(BACKOFF) - 1)]
        if lease.reclaim(run.run_id, run.token, crashes=crashes, charges=charges, progress=progress, delay=delay):
            dispatch.announce([run.queue])
            logger.warning("took a run from a lost worker", extra=facts)


def last_renewed(run: Run) -> datetime:
    """Or claimed: `updated_at` is from then."""
    return max(run.updated_at, run.lease_until - settings.RUN_LEASE) if run.lease_until else run.updated_at


def finish(run: Run, ending_of: Callable[[Run], Ending]) -> None:
    """Under the run's lock: its worker may come back in this very moment, and then the run is its own again.

    One that is frozen while it writes holds that lock; its run waits for a later sweep, the others do not.
    """
    with transaction.atomic():
        occupancy.lock_rows([run.thread_id])
        expired = Run.objects.expired().select_for_update(skip_locked=True, of=("self",))
        held = expired.filter(run_id=run.run_id, token=run.token).first()
        if held is not None:
            Run.objects.filter(run_id=held.run_id).update(lost_by=held.owner)
            ending = replace(ending_of(held), lost=True)
            dispatch.announce(settle([ending]).queues)
            cancellation.conclude_on_commit([(held.run_id, held.epoch or 0, ending.status)])


def end_wished() -> None:
    """Runs that were given back while somebody wanted them to end; nobody claims them any more."""
    wished = Run.objects.filter(status=RunStatus.PENDING, cancel_action__isnull=False)
    for run in wished.only("run_id", "cancel_action", "cancel_reason")[:BATCH]:
        cancellation.stop([run.run_id], action=run.cancel_action or "", reason=run.cancel_reason)


def given_up(run: Run, *, crashes: int) -> Ending:
    message = f"The worker was lost {crashes} times in a row while it ran this run, without progress."
    return Ending(
        run_id=run.run_id,
        thread_id=run.thread_id,
        token=run.token,
        status=RunStatus.ERROR,
        error=encoding.dumps({"error": "WorkerLost", "message": message}).decode(),
        thread_status=ThreadStatus.ERROR,
        final_seq=run.final_seq(),
        unseen=run.leaves_checkpoints,
        webhook=bool(run.kwargs.get("webhook")),
    )


def announce_forgotten() -> None:
    """Their wake-up was lost; the workers' own poll finds them too."""
    waiting = Run.objects.filter(status=RunStatus.PENDING, due_at__lt=Now() - settings.RUN_SWEEP)
    dispatch.announce(waiting.values_list("queue", flat=True).distinct())


def with_old_events() -> RunQuerySet:
    return Run.objects.beyond_retention().filter(events__seq=1)


def forget_events() -> None:
    run_ids = list(with_old_events().values_list("run_id", flat=True)[:BATCH])
    RunEvent.objects.filter(run_id__in=run_ids).delete()


def old_temporary_threads() -> ThreadQuerySet:
    over = Thread.objects.filter(temporary=True, updated_at__lt=Now() - settings.STREAM_RETENTION)
    return over.exclude(status=ThreadStatus.BUSY)


def forget_temporary_threads() -> None:
    idle = old_temporary_threads().order_by("updated_at")
    delete_rows(list(idle.values_list("thread_id", flat=True)[: 10 * BATCH]))
