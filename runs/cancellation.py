"""Cancel runs: one that waits ends now; one that runs is told, and the wish is on its row before anybody is told."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction

from langgraph_server import encoding
from langgraph_server.checkpoints import upkeep
from langgraph_server.streams import log, signals
from langgraph_server.streams.connection import connect
from runs import dispatch
from runs.choices import CancelAction, RunStatus
from runs.ending import Ending
from runs.models import Run
from runs.settlement import settle
from threads import occupancy

ERRORS = {CancelAction.INTERRUPT: "UserInterrupt", CancelAction.ROLLBACK: "UserRollback"}

SUPERSEDED = "superseded by run {run_id} (multitask_strategy={strategy})"
CLIENT_LEFT = "client disconnected from the run stream (on_disconnect=cancel)"


def cancel(run_ids: Collection[UUID], *, action: str, reason: str) -> int:
    """How many of the runs were still active. Runs that are over stay as they are."""
    if run_ids and action == CancelAction.ROLLBACK:
        upkeep.refuse_rollback()
    return stop(run_ids, action=action, reason=reason)


def stop(run_ids: Collection[UUID], *, action: str, reason: str) -> int:
    """Because somebody was allowed to wish it."""
    with transaction.atomic():
        thread_ids = Run.objects.active().filter(run_id__in=run_ids).values_list("thread_id", flat=True)
        occupancy.lock_rows(list(thread_ids))
        active = Run.objects.active().select_for_update(no_key=True, of=("self",)).filter(run_id__in=run_ids)
        runs = list(active.order_by("run_id"))
        waiting = [run for run in runs if run.status == RunStatus.PENDING]
        if waiting:
            end_now(waiting, action, reason)
        tell([run.run_id for run in runs if run.status == RunStatus.RUNNING], action, reason)
    return len(runs)


def end_now(runs: list[Run], action: str, reason: str) -> None:
    """Holds the lock of their threads; no worker holds the runs."""
    dispatch.announce(settle([cancelled(run, action, reason) for run in runs]).queues)
    conclude_on_commit([(run.run_id, run.epoch or 0, RunStatus.INTERRUPTED) for run in runs])


def conclude_on_commit(endings: list[tuple[UUID, int, str]]) -> None:
    transaction.on_commit(partial(conclude, endings))


def conclude(endings: list[tuple[UUID, int, str]]) -> None:
    with connect(settings.REDIS_URI) as redis:
        log.conclude(redis, settings.REDIS_KEY_PREFIX, endings, retention=settings.STREAM_RETENTION)


def tell(run_ids: list[UUID], action: str, reason: str) -> None:
    if run_ids:
        Run.objects.filter(run_id__in=run_ids).update(cancel_action=action, cancel_reason=reason)
        transaction.on_commit(partial(signal, run_ids))


def signal(run_ids: list[UUID]) -> None:
    with connect(settings.REDIS_URI) as redis:
        signals.cancel(redis, settings.REDIS_KEY_PREFIX, run_ids)


def cancelled(run: Run, action: str, reason: str) -> Ending:
    """The end of a run that no worker holds."""
    rollback = action == CancelAction.ROLLBACK
    return Ending(
        run_id=run.run_id,
        thread_id=run.thread_id,
        token=run.token,
        status=RunStatus.INTERRUPTED,
        error=error_text(action, reason),
        rollback=rollback,
        unbegun=run.epoch is None,
        unseen=run.leaves_checkpoints and not rollback,
        final_seq=run.final_seq(),
        webhook=bool(run.kwargs.get("webhook")),
    )


def error_text(action: str, reason: str) -> str:
    return encoding.dumps({"error": ERRORS[CancelAction(action)], "message": reason}).decode()
