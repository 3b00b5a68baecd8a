"""Lists that stay quick over millions of rows: a count that stops, and columns of any size left in the table."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP

#: Nobody pages further: who looks for something narrows the list.
MOST = 10_000


class CappedPaginator(Paginator[Any]):
    """Counts no further than `MOST` rows and offers no page beyond them: neither count nor offset can grow."""

    object_list: QuerySet[Any]

    @cached_property
    def counted(self) -> int:
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

    def get_queryset(self, request: HttpRequest, exclude_parameters: Collection[str] | None = None) -> QuerySet[Any]:
        return super().get_queryset(request, exclude_parameters).defer(*self.heavy)
