"""Fire what is due: one transaction a cron, and one firing an instant, with any number of schedulers at it."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from crons import schedule
from crons.errors import InvalidSchedule, InvalidTimezone
from crons.models import Cron, CronFiring
from crons.payloads import run_request
from langgraph_server.clock import database_clock
from langgraph_server.errors import DomainError
from runs import priority
from runs.admission import admit_judged
from threads import occupancy

logger = logging.getLogger(__name__)

BATCH = 100


def fire_due() -> int:
    """How many crons were due and are dealt with. A cron that somebody else has in hand is left to them."""
    dealt_with = 0
    while batch := due():
        done = sum(fire_safely(cron_id, thread_id) for cron_id, thread_id in batch)
        dealt_with += done
        if done < len(batch):
            break
    return dealt_with


def due() -> Sequence[tuple[UUID, UUID | None]]:
    found = Cron.objects.due().order_by("next_run_date", "cron_id")
    return list(found.values_list("cron_id", "thread_id")[:BATCH])


def fire_safely(cron_id: UUID, thread_id: UUID | None) -> bool:
    """A cron that cannot be fired now, because its thread is locked for long, must not keep the others waiting."""
    try:
        return fire(cron_id, thread_id)
    except OperationalError as error:
        if not connection.is_usable():
            raise
        logger.warning("cron not fired yet", extra={"cron_id": str(cron_id), "error": str(error)})
        return False


def fire(cron_id: UUID, thread_id: UUID | None) -> bool:
    """1. Lock its thread, as everywhere before what belongs to it. 2. Take the cron, unless somebody has it.
    3. Move it past now. 4. Record the firing. 5. Admit the run, or note why not.
    """
    urgency = urgency_of(cron_id)
    with transaction.atomic():
        if thread_id is not None:
            occupancy.lock_rows([thread_id])
        mine = Cron.objects.due().select_for_update(no_key=True, skip_locked=True, of=("self",))
        cron = mine.filter(cron_id=cron_id).first()
        if cron is None:
            return False
        now = database_clock()
        instant = move(cron, now)
        if instant is not None:
            record(cron, instant, now, urgency)
    return True


def fire_now(cron: Cron) -> CronFiring | None:
    """Beside its schedule, because somebody wishes it."""
    urgency = urgency_of(cron.cron_id)
    with transaction.atomic():
        if cron.thread_id is not None:
            occupancy.lock_rows([cron.thread_id])
        now = database_clock()
        return record(cron, now, now, urgency)


def urgency_of(cron_id: UUID) -> int | None:
    """What the application says of its run, asked before the transaction."""
    if priority.assign() is None or not (cron := Cron.objects.filter(cron_id=cron_id).first()):
        return None
    (request,) = priority.decided([run_request(cron)])
    return request.priority


def move(cron: Cron, now: datetime) -> datetime | None:
    """Past now; the occurrence to fire is the latest one missed. None: it has ended, or cannot be read any more."""
    missed = cron.next_run_date or now
    # Judged by when it was due: what is due just before the end is always dealt with after it.
    end = now if cron.end_at is None else min(now, cron.end_at)
    if missed > end:
        retire(cron)
        return None
    try:
        instant = max(missed, schedule.latest(cron.schedule, cron.timezone, end))
        coming = schedule.following(cron.schedule, cron.timezone, now)
    except (InvalidSchedule, InvalidTimezone) as error:
        retire(cron)
        note_skipped(cron, missed, now, str(error))
        return None
    Cron.objects.filter(cron_id=cron.cron_id).update(next_run_date=coming)
    return instant


def retire(cron: Cron) -> None:
    Cron.objects.filter(cron_id=cron.cron_id).update(next_run_date=None)


def record(cron: Cron, instant: datetime, now: datetime, urgency: int | None) -> CronFiring | None:
    """None: that instant was fired before."""
    lag = max(now - instant, timedelta(0))
    try:
        with transaction.atomic():
            firing = CronFiring.objects.create(cron=cron, instant=instant, lag=lag)
    except IntegrityError:
        return None
    firing.run_id, firing.reason = admit(cron, urgency)
    firing.save(update_fields=["run_id", "reason"])
    facts = {"cron_id": str(cron.cron_id), "run_id": str(firing.run_id), "lag": lag.total_seconds()}
    logger.info("cron fired" if firing.run_id else "cron could not be fired", extra={**facts, "reason": firing.reason})
    return firing


def admit(cron: Cron, urgency: int | None) -> tuple[UUID | None, str]:
    """The run, or why there is none. Its webhook was judged when the cron was made, and is again when it is told."""
    try:
        with transaction.atomic():
            (answer,) = admit_judged([replace(run_request(cron), priority=urgency)], {})
            if isinstance(answer, DomainError):
                raise answer
    except DomainError as refusal:
        return None, str(refusal)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # One bad row must not keep the others from being fired; it is moved on, and its page tells why.
        logger.exception("cron failed", extra={"cron_id": str(cron.cron_id)})
        return None, f"{type(error).__name__}: see the server's log"
    return answer.run_id, ""


def note_skipped(cron: Cron, instant: datetime, now: datetime, reason: str) -> None:
    skipped = CronFiring(cron=cron, instant=instant, lag=now - instant, reason=reason)
    CronFiring.objects.bulk_create([skipped], ignore_conflicts=True)
