"""The reading vocabulary of runs."""

from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from langgraph_server.auth.filters import Filter
from runs.choices import RunStatus

if TYPE_CHECKING:
    # The model is made with this queryset.
    from runs.models import Run  # noqa: F401 - ruff does not look into QuerySet["Run"]


#: Apart, as each has an index of its own that knows no other runs.
ACTIVE = Q(status=RunStatus.PENDING) | Q(status=RunStatus.RUNNING)


class RunQuerySet(QuerySet["Run"]):
    def visible(self, to: Filter) -> Self:
        """A run is seen by those who see its thread."""
        return self.filter(to.on("thread__metadata")) if to else self

    def active(self) -> Self:
        return self.filter(ACTIVE)

    def latest_first(self) -> Self:
        return self.order_by("-created_at")

    def of_thread(self, thread_id: UUID) -> Self:
        return self.filter(thread_id=thread_id)

    def held(self, run_id: UUID, token: int) -> Self:
        """The run, if this token still fences it."""
        return self.filter(run_id=run_id, token=token, status=RunStatus.RUNNING)

    def expired(self) -> Self:
        """Running, but its worker has not renewed the lease in time."""
        return self.filter(status=RunStatus.RUNNING, lease_until__lt=Now())

    def beyond_retention(self) -> Self:
        """Over for so long that their events are kept no more."""
        return self.filter(ended_at__lt=Now() - settings.STREAM_RETENTION)
