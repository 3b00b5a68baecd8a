"""Lists that stay quick over millions of rows: a count that stops, and columns of any size left in the table."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP

from langgraph_server.admin.stock import Paginator

#: Nobody pages further: who looks for something narrows the list.
MOST = 10_000


class CappedPaginator(Paginator[Any]):
    """Counts no further than `MOST` rows and offers no page beyond them: neither count nor offset can grow."""

    object_list: QuerySet[Any]

    @cached_property
    def first(self) -> list[Any]:
        """The first page and one row more; only if there is that row, counting can tell anything new."""
        return list(self.object_list[: self.per_page + 1])

    @cached_property
    def counted(self) -> int:
        if len(self.first) <= self.per_page:
            return len(self.first)
        return self.object_list.order_by().values("pk")[: MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.counted, MOST)

    @property
    def goes_on(self) -> bool:
        return self.counted > MOST


class LightChangeList(ChangeList):
    """Leaves the columns that the page names `heavy` in the database."""

    heavy: ClassVar[Sequence[str]] = ()

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        return super().get_queryset(request, exclude_parameters).defer(*self.heavy)

    def get_results(self, request: HttpRequest) -> None:
        """What is rare is searched for once: the first page has been read when its rows were counted."""
        super().get_results(request)
        if self.page_num == 1 and not (self.show_all and self.can_show_all):
            self.result_list = self.paginator.first[: self.list_per_page]
