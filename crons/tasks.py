"""Celery entries. They may be lost, doubled or late; the rows decide."""

from typing import Any

from celery import shared_task
from django.conf import settings

from crons import firing
from langgraph_server.rows import reach
from runs.tasks import sweep
from webhooks.tasks import deliver_due


@shared_task(name="crons.tick")
def tick() -> None:
    """The clock's one message. What it starts are messages again: none waits for another, or falls with it."""
    soon: dict[str, Any] = {"queue": "chores", "expires": settings.TICK.total_seconds()}
    for task in (deliver_due, sweep, *([fire_due] if settings.CRONS_ENABLED else [])):
        task.apply_async(**soon)


@shared_task(name="crons.fire_due")
def fire_due() -> None:
    reach(firing.fire_due)
