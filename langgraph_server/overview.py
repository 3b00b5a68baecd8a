"""The state of the installation at one look: what waits and how long, who works, what failed, who is waited for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Min, QuerySet
from django.urls import reverse
from django.utils.timezone import now

from crons.models import Cron, CronFiring
from crons.querysets import LATE
from langgraph_server.admin.display import span
from langgraph_server.figures import MOST, lately_given_up, retrying, up_to_most
from runs.choices import RunStatus
from runs.models import Run
from runs.standing import ALARMING, STANDING
from threads.choices import ThreadStatus
from threads.models import Thread
from webhooks.choices import DeliveryState
from webhooks.models import Delivery

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    figure: str
    page: str
    alarming: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    #: What one needs to see it.
    permission: str
    lines: Callable[[], Iterator[Line]]


def address(page: str, **query: Any) -> str:
    return f"{reverse(f'admin:{page}_changelist')}?{urlencode(query)}"


def active_runs() -> Iterator[Line]:
    some = Run.objects.active().order_by().values("pk")[:MOST]
    found = Run.objects.filter(pk__in=some).annotate(standing=STANDING).values("queue", "standing")
    for group in found.annotate(count=Count("pk"), oldest=Min("created_at")).order_by("queue", "standing"):
        figure = f"{capped(group['count'])}, the oldest since {span(now() - group['oldest'])}"
        page = address("runs_run", status=group["standing"], queue=group["queue"])
        yield Line(f"{group['standing']} in {group['queue']}", figure, page, group["standing"] in ALARMING)


def busy_workers() -> Iterator[Line]:
    held = Run.objects.filter(status=RunStatus.RUNNING, owner__isnull=False).values("owner")
    for worker in held.annotate(count=Count("pk"), until=Max("lease_until")).order_by("-until")[:50]:
        left = worker["until"] - now()
        lost = left < timedelta(0)
        sign = f"silent: its leases expired {span(-left)} ago" if lost else f"leases for {span(left)} more"
        page = address("runs_run", status=RunStatus.RUNNING)
        yield Line(str(worker["owner"]), f"runs: {worker['count']}; {sign}", page, lost)


def ended_runs() -> Iterator[Line]:
    recent = Run.objects.filter(created_at__gte=now() - HOUR, status__in=RunStatus.TERMINAL)
    for group in recent.values("graph_id", "status").annotate(count=Count("pk")).order_by("graph_id", "status"):
        page = address("runs_run", status=group["status"], q=f'"{group["graph_id"]}"')
        yield Line(f"{group['graph_id']}: {group['status']}", str(group["count"]), page, group["status"] in ALARMING)


def failing_webhooks() -> Iterator[Line]:
    retried, given_up = Delivery.objects.filter(retrying()), Delivery.objects.filter(lately_given_up(now()))
    yield from counted("failed, tried again", retried, address("webhooks_delivery", state__exact=DeliveryState.PENDING))
    yield from counted(
        "given up within a day", given_up, address("webhooks_delivery", state__exact=DeliveryState.GIVEN_UP)
    )


def late_crons() -> Iterator[Line]:
    late = Cron.objects.due().filter(next_run_date__lt=now() - LATE)
    yield from counted(f"late by more than {span(LATE)}", late, address("crons_cron", enabled__exact=1, o=6))
    fired = CronFiring.objects.filter(lag__gt=LATE, fired_at__gte=now() - DAY)
    yield from counted("fired late within a day", fired, address("crons_cronfiring", outcome="late"))


def waiting_threads() -> Iterator[Line]:
    waiting = Thread.objects.filter(status=ThreadStatus.INTERRUPTED, temporary=False)
    page = address("threads_thread", status__exact=ThreadStatus.INTERRUPTED)
    yield from counted("wait for a person", waiting, page, alarming=False)


def counted(label: str, rows: QuerySet[Any], page: str, *, alarming: bool = True) -> Iterator[Line]:
    if count := up_to_most(rows):
        yield Line(label, capped(count), page, alarming)


def capped(count: int) -> str:
    return f"{MOST} or more" if count >= MOST else str(count)


SECTIONS = (
    Section("Active runs", "runs.view_run", active_runs),
    Section("Workers that hold runs", "runs.view_run", busy_workers),
    Section("Runs of the last hour that are over", "runs.view_run", ended_runs),
    Section("Threads", "threads.view_thread", waiting_threads),
    Section("Webhooks", "webhooks.view_delivery", failing_webhooks),
    Section("Crons", "crons.view_cron", late_crons),
)
