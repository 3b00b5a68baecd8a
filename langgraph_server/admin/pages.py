"""The base of the admin's pages: they are for reading, rows change through verbs only."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP

from langgraph_server.admin import search
from langgraph_server.admin.lists import CappedPaginator, LightChangeList

M = TypeVar("M", bound=Model)

if TYPE_CHECKING:

    class Stock(admin.ModelAdmin[M]): ...

else:

    class Stock(admin.ModelAdmin, Generic[M]):
        """Django's own, which takes a type parameter in its stubs only."""


class ReadingAdmin(Stock[M]):
    #: Documents of any size, which the list neither shows nor reads.
    heavy: ClassVar[Sequence[str]] = ()
    #: What a term of the search box may mean; the first that understands it decides.
    meanings: ClassVar[Sequence[search.Meaning]] = ()

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    change_list_template = "admin/langgraph_server/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LightChangeList]:
        return type("ChangeList", (LightChangeList,), {"heavy": self.heavy})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        for term in search.terms(search_term):
            queryset = queryset.filter(self.meaning_of(term))
        return queryset, False

    def meaning_of(self, term: str) -> Q:
        understood = (meaning(term) for meaning in self.meanings)
        return next((condition for condition in understood if condition is not None), Q(pk__in=[]))
