"""The reading vocabulary of assistants."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Self

from django.db.models import QuerySet
from django.db.models.functions import Lower

from langgraph_server.auth.filters import Filter

if TYPE_CHECKING:
    # The model is made with this queryset.
    from assistants.models import Assistant  # noqa: F401 - ruff does not look into QuerySet["Assistant"]


class AssistantQuerySet(QuerySet["Assistant"]):
    def visible(self, to: Filter) -> Self:
        return self.filter(to.on("metadata")) if to else self

    def matching(
        self, *, metadata: Mapping[str, Any], graph_id: str | None = None, name: str | None = None, **_page: Any
    ) -> Self:
        """Metadata by containment, the name by any part of it, whatever its case."""
        found = self.filter(metadata__contains=metadata) if metadata else self
        if graph_id is not None:
            found = found.filter(graph_id=graph_id)
        return found.filter(name__icontains=name) if name else found

    def sorted(self, sort_by: str, sort_order: str, *, select: Collection[str] = ()) -> Self:
        """With a second key that makes pages complete."""
        first = Lower("name") if sort_by == "name" else sort_by
        chosen = self.only("assistant_id", *select) if select else self
        ordered = chosen.order_by(first, "assistant_id")
        return ordered.reverse() if sort_order == "desc" else ordered
