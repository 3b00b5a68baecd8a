"""The reading vocabulary of threads."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db.models import JSONField, QuerySet
from django.db.models.functions import Cast

from langgraph_server.auth.filters import Filter

if TYPE_CHECKING:
    # The model is made with this queryset.
    from threads.models import Thread  # noqa: F401 - ruff does not look into QuerySet["Thread"]

#: Few statuses are shared by many threads: among those of one, the index that filters by status gives the order.
SORT_KEYS = {"status": ("status", "updated_at", "thread_id")}


class ThreadQuerySet(QuerySet["Thread"]):
    def listed(self) -> Self:
        """Without the temporary threads of stateless runs, which no search shows."""
        return self.filter(temporary=False)

    def visible(self, to: Filter) -> Self:
        return self.filter(to.on("metadata")) if to else self

    def search(
        self,
        *,
        ids: Sequence[UUID] = (),
        metadata: Mapping[str, Any],
        values: Mapping[str, Any],
        status: str | None = None,
        sort_by: str = "updated_at",
        sort_order: str = "desc",
        select: Collection[str] = (),
        **_page: int,
    ) -> Self:
        """Containment of metadata and values as parameters: a client's keys never reach the SQL text."""
        found = self.alias(document=Cast("values", JSONField())) if values else self
        wanted = {
            "thread_id__in": ids,
            "metadata__contains": metadata,
            "document__contains": values,
            "status": status,
        }
        found = found.filter(**{name: value for name, value in wanted.items() if value})
        if select:
            found = found.only("thread_id", *select)
        sign = "-" if sort_order == "desc" else ""
        return found.order_by(*(f"{sign}{name}" for name in SORT_KEYS.get(sort_by, (sort_by, "thread_id"))))
