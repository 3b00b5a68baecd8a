"""The reading vocabulary of crons and their firings."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from langgraph_server.auth.filters import EVERYTHING, Filter

if TYPE_CHECKING:
    # The models are made with these querysets.
    from crons.models import Cron, CronFiring  # noqa: F401 - ruff does not look into QuerySet["Cron"]


#: After its instant a cron is fired within seconds.
LATE = timedelta(minutes=1)


class CronQuerySet(QuerySet["Cron"]):
    def visible(self, to: Filter, *, threads: Filter = EVERYTHING) -> Self:
        """Of a cron that belongs to a thread, the thread has to be visible too."""
        found = self.filter(to.on("metadata")) if to else self
        return found.filter(Q(thread=None) | threads.on("thread__metadata")) if threads else found

    def due(self) -> Self:
        """Ended ones too: whoever takes one retires it."""
        return self.filter(enabled=True, next_run_date__lte=Now())

    def next_due_date(self) -> datetime | None:
        coming = self.filter(enabled=True, next_run_date__isnull=False).order_by("next_run_date")
        return coming.values_list("next_run_date", flat=True).first()

    def search(
        self,
        *,
        assistant_id: UUID | None = None,
        thread_id: UUID | None = None,
        enabled: bool | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Self:
        wanted = {"assistant_id": assistant_id, "thread_id": thread_id, "enabled": enabled}
        found = self.filter(**{name: value for name, value in wanted.items() if value is not None})
        return found.filter(metadata__contains=metadata) if metadata else found

    def sorted_by(self, name: str, sort_order: str, select: Collection[str] = ()) -> Self:
        """What is null counts as oldest; where nothing can be, saying so would keep Postgres from the index."""
        key, nulls = F(name), True if self.model._meta.get_field(name).null else None
        first = key.desc(nulls_last=nulls) if sort_order == "desc" else key.asc(nulls_first=nulls)
        found = self.only("cron_id", *select) if select else self
        return found.order_by(first, "-cron_id" if sort_order == "desc" else "cron_id")


class CronFiringQuerySet(QuerySet["CronFiring"]):
    def older_than(self, interval: timedelta) -> Self:
        return self.filter(fired_at__lt=Now() - interval)
