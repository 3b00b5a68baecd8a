"""The reading vocabulary of threads."""

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

from langgraph_server.auth.filters import Filter

if TYPE_CHECKING:
    # The model is made with this queryset.
    from threads.models import Thread  # noqa: F401 - ruff does not look into QuerySet["Thread"]


class ThreadQuerySet(QuerySet["Thread"]):
    def visible(self, to: Filter) -> Self:
        return self.filter(to.on("metadata")) if to else self
