"""Crons come, change and go."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware, now

from crons import payloads, schedule
from crons.errors import (
    AssistantNotFound,
    CronNotFound,
    CronToUpdateNotFound,
    InvalidEndTime,
    NothingToUpdate,
    ThreadGone,
)
from crons.models import Cron
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.auth.principal import ANONYMOUS, Principal
from langgraph_server.configurations import RESERVED_METADATA, strip
from langgraph_server.ids import uuid7
from runs.choices import OnCompletion
from runs.visibility import usable
from runs.wanted import assistant_key
from threads.models import Thread
from webhooks import destinations

TIMING = frozenset({"schedule", "timezone"})
OWN_COLUMNS = frozenset({"schedule", "timezone", "end_time", "enabled"})


def create(
    body: Mapping[str, Any],
    *,
    thread_id: UUID | None,
    cron_id: UUID | None = None,
    maker: Principal = ANONYMOUS,
    visible: Filter = EVERYTHING,
    threads: Filter = EVERYTHING,
) -> Cron:
    """From a body whose form is checked; its meaning is judged here."""
    schedule.check(body["schedule"], body.get("timezone"))
    judge(body)
    assistant_id = find_assistant(body["assistant_id"], visible)
    expect_thread(thread_id, threads)
    cron_id = cron_id or uuid7()
    payload = {"assistant_id": str(assistant_id), **payloads.kept(body, cron_id=cron_id, config={})}
    payloads.refuse_both(payload)
    completed = None if thread_id else body.get("on_run_completed", OnCompletion.DELETE)
    cron = Cron(cron_id=cron_id, assistant_id=assistant_id, thread_id=thread_id, payload=payload)
    cron.user_id, cron.user, cron.reach = maker.identity, maker.user or None, visible.document
    cron.on_run_completed = completed
    cron.metadata = strip(body.get("metadata", {}), RESERVED_METADATA)
    take_over(cron, body)
    try:
        with transaction.atomic():
            cron.save(force_insert=True)
    except IntegrityError:
        # Its assistant or its thread has gone in this very moment.
        find_assistant(body["assistant_id"], visible)
        expect_thread(thread_id, threads)
        raise
    return get(cron_id)


def update(
    cron_id: UUID, body: Mapping[str, Any], *, visible: Filter = EVERYTHING, threads: Filter = EVERYTHING
) -> Cron:
    if not body:
        raise NothingToUpdate
    judge(body)
    with transaction.atomic():
        mine = Cron.objects.visible(visible, threads=threads).filter(cron_id=cron_id)
        cron = mine.select_for_update(no_key=True, of=("self",)).first()
        if cron is None:
            raise CronToUpdateNotFound(cron_id=cron_id)
        schedule.check(body.get("schedule", cron.schedule), body.get("timezone", cron.timezone))
        config = cron.payload.get("config") or {}
        cron.payload = {**cron.payload, **payloads.kept(body, cron_id=cron_id, config=config)}
        payloads.refuse_both(cron.payload)
        cron.metadata = {**cron.metadata, **strip(body.get("metadata", {}), RESERVED_METADATA)}
        if cron.thread_id is None:
            cron.on_run_completed = body.get("on_run_completed", cron.on_run_completed)
        take_over(cron, body)
        cron.updated_at = Now()
        cron.save()
    return get(cron_id)


def take_over(cron: Cron, body: Mapping[str, Any]) -> None:
    """What has a column of its own; and when it is due next, if that may have changed."""
    slept = not cron.enabled
    for name in OWN_COLUMNS & body.keys():
        setattr(cron, name, body[name])
    cron.end_at = instant_of(cron.end_time)
    # What fell due while it was switched off is not made up for.
    if cron.next_run_date is None or TIMING & body.keys() or (slept and cron.enabled):
        cron.next_run_date = schedule.following(cron.schedule, cron.timezone, now())


def judge(body: Mapping[str, Any]) -> None:
    instant_of(body.get("end_time"))
    if body.get("webhook"):
        destinations.refuse(body["webhook"])


def instant_of(end_time: str | None) -> datetime | None:
    """A time without an offset is UTC, a day its beginning."""
    if end_time is None:
        return None
    try:
        at = parse_datetime(end_time) or datetime.combine(date.fromisoformat(end_time), time.min)
        return at.astimezone(UTC) if is_aware(at) else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidEndTime(end_time=end_time) from None


def find_assistant(name: str, visible: Filter) -> UUID:
    key = assistant_key(name)
    assistant = usable(key, visible=visible) if key else None
    if assistant is None:
        raise AssistantNotFound(assistant=name)
    return assistant.assistant_id


def expect_thread(thread_id: UUID | None, visible: Filter) -> None:
    if thread_id is not None and not Thread.objects.visible(visible).filter(thread_id=thread_id).exists():
        raise ThreadGone(thread_id=thread_id)


def get(cron_id: UUID, *, visible: Filter = EVERYTHING, threads: Filter = EVERYTHING) -> Cron:
    try:
        return Cron.objects.visible(visible, threads=threads).get(cron_id=cron_id)
    except Cron.DoesNotExist:
        raise CronNotFound from None


def delete(cron_id: UUID, *, visible: Filter = EVERYTHING) -> None:
    """Its firings go in the database; its runs stay."""
    deleted = Cron.objects.visible(visible).filter(cron_id=cron_id)._raw_delete("default")
    if not deleted:
        raise CronNotFound


def switch(cron_ids: list[UUID], *, enabled: bool) -> None:
    for cron_id in cron_ids:
        update(cron_id, {"enabled": enabled})
