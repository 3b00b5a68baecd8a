"""The state of the installation at one look: what waits and how long, who works, what failed, who is waited for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.timezone import now

from crons.models import Cron, CronFiring
from crons.querysets import LATE
from langgraph_server.admin.display import NOTHING, span
from langgraph_server.admin.sparkline import sparkline
from langgraph_server.figures import MOST, lately_given_up, retrying, up_to_most
from runs import minutes, workers
from runs.choices import RunStatus
from runs.models import Run
from runs.paces import Histogram
from runs.standing import ALARMING, STANDING
from threads.choices import ThreadStatus
from threads.models import Thread
from webhooks.choices import DeliveryState
from webhooks.models import Delivery

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
QUANTILES = (0.5, 0.95, 0.99)


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


def workers_there() -> Iterator[Line]:
    for worker in workers.told_of_lately()[:50]:
        standing, heard = workers.standing(worker, now()), span(now() - worker.seen_at)
        figure = f"{worker.runs} of {worker.slots} slots; {standing}, heard of {heard} ago"
        page = reverse("admin:runs_worker_change", args=[worker.worker_id])
        yield Line(str(worker), figure, page, standing == workers.Standing.SILENT)


def ended_runs() -> Iterator[Line]:
    recent = Run.objects.filter(created_at__gte=now() - HOUR, status__in=RunStatus.TERMINAL)
    some = Run.objects.filter(pk__in=recent.order_by("-created_at").values("pk")[:MOST])
    groups = list(some.values("graph_id", "status").annotate(count=Count("pk")).order_by("graph_id", "status"))
    share = f" of the last {MOST}" if sum(group["count"] for group in groups) >= MOST else ""
    for group in groups:
        page = address("runs_run", status=group["status"], q=f'"{group["graph_id"]}"')
        label = f"{group['graph_id']}: {group['status']}"
        yield Line(label, f"{group['count']}{share}", page, group["status"] in ALARMING)


@dataclass(frozen=True, slots=True)
class PaceLine:
    """Percentiles of one graph's last hour, in words."""

    graph: str
    page: str
    ended: int
    waits: list[str]
    spans: list[str]
    minutes: SafeString


def paces() -> Iterator[PaceLine]:
    for graph, lately in minutes.lately(now()).items():
        shown = sparkline(lately.ended, f"runs of {graph} that ended in each of the last 60 minutes")
        waits, spans = quantiles(lately.pace.waits), quantiles(lately.pace.spans)
        page = address("runs_run", q=f'"{graph}"')
        yield PaceLine(graph, page, lately.pace.spans.number, waits, spans, shown)


def quantiles(histogram: Histogram) -> list[str]:
    found = [histogram.quantile(share) for share in QUANTILES]
    return [NOTHING if seconds is None else span(timedelta(seconds=seconds)) for seconds in found]


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
    Section("Workers", "runs.view_worker", workers_there),
    Section("Runs of the last hour that are over", "runs.view_run", ended_runs),
    Section("Threads", "threads.view_thread", waiting_threads),
    Section("Webhooks", "webhooks.view_delivery", failing_webhooks),
    Section("Crons", "crons.view_cron", late_crons),
)
