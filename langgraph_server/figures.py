"""The state of the installation in numbers, read from the rows whenever somebody asks."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils.timezone import now

from crons.models import Cron
from runs import minutes, workers
from runs.models import Run
from runs.paces import Pace
from runs.records import Worker
from runs.standing import STANDING, Standing
from webhooks.choices import DeliveryState
from webhooks.models import Delivery

#: No number counts further: a look must stay quick when everything is late.
MOST = 10_000
READY = (Standing.WAITING, Standing.LATE)
PENDING = (*READY, Standing.BLOCKED, Standing.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Group:
    """Active runs of one queue that stand alike; ages in seconds, of scheduled runs none."""

    queue: str
    standing: str
    count: int
    ages: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    runs: list[Group]
    workers: list[Worker]
    #: By what became of them: waiting, retrying; given up within a day.
    deliveries: dict[str, int]
    oldest_delivery: float
    cron_lag: float
    #: How long the runs of each graph ever waited and took.
    paces: dict[str, Pace]

    def pending(self, *standings: str) -> int:
        return sum(group.count for group in self.runs if group.standing in standings)

    def ages(self, *standings: str) -> list[float]:
        return [age for group in self.runs if group.standing in standings for age in group.ages]


def read() -> Figures:
    moment = now()
    return Figures(
        runs=active_runs(moment),
        workers=list(workers.present()),
        deliveries=open_deliveries(moment),
        oldest_delivery=lateness(Delivery.objects.filter(waiting()).aggregate(at=Min("next_try_at"))["at"], moment),
        cron_lag=lateness(Cron.objects.due().aggregate(at=Min("next_run_date"))["at"], moment),
        paces=minutes.ever(),
    )


def active_runs(moment: datetime) -> list[Group]:
    some = Run.objects.active().order_by().annotate(standing=STANDING)
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for queue, standing, due_at in some.values_list("queue", "standing", "due_at")[:MOST]:
        found[queue, standing].append(lateness(due_at, moment))
    return [
        Group(queue, standing, len(ages), () if standing == Standing.SCHEDULED else tuple(ages))
        for (queue, standing), ages in sorted(found.items())
    ]


def open_deliveries(moment: datetime) -> dict[str, int]:
    wanted = {"waiting": waiting() & Q(tries=0), "retrying": retrying(), "given_up": lately_given_up(moment)}
    return {name: up_to_most(Delivery.objects.filter(condition)) for name, condition in wanted.items()}


def up_to_most(rows: QuerySet[Any]) -> int:
    return rows.order_by().values("pk")[:MOST].count()


def retrying() -> Q:
    return waiting() & Q(tries__gt=0)


def lately_given_up(moment: datetime) -> Q:
    return Q(state=DeliveryState.GIVEN_UP, ended_at__gte=moment - timedelta(days=1))


def waiting() -> Q:
    return Q(state=DeliveryState.PENDING)


def lateness(due_at: datetime | None, moment: datetime) -> float:
    return max(0.0, (moment - due_at).total_seconds()) if due_at else 0.0


def longest(ages: Iterable[float]) -> float | None:
    return max(ages, default=None)


def middle(ages: list[float]) -> float | None:
    return median(ages) if ages else None
