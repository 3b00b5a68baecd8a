"""The base of the admin's pages: they are for reading, rows change through verbs only."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP

from langgraph_server.admin import content, search
from langgraph_server.admin.lists import CappedPaginator, LightChangeList
from langgraph_server.admin.stock import Formset, M, Page, Parent, Table

#: Rows of another table that a page shows where there may be any number.
LATEST = 20


class SelectedOnly(ActionForm):
    """An action is for rows somebody has seen, never for "all that match"."""

    def clean_select_across(self) -> bool:
        return False


class ReadingAdmin(Page[M]):
    #: Documents of any size, which the list neither shows nor reads.
    heavy: ClassVar[Sequence[str]] = ()
    #: Fields that show what graphs and clients wrote.
    content: ClassVar[Collection[str]] = ()
    #: What a term of the search box may mean; the first that understands it decides.
    meanings: ClassVar[Sequence[search.Meaning]] = ()

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    action_form = SelectedOnly
    actions_selection_counter = False
    change_list_template = "admin/langgraph_server/change_list.html"

    class Media:
        css: ClassVar = {"all": ["langgraph_server/admin.css"]}

    def surroundings(self, request: HttpRequest) -> dict[str, Any]:
        """What the stock templates need of a page that is not theirs."""
        return {**self.admin_site.each_context(request), "opts": self.opts}

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
        """Who may not read metadata may not guess it either."""
        blind = () if content.may_read(request) else (search.by_metadata,)
        meanings = [meaning for meaning in self.meanings if meaning not in blind]
        for term in search.terms(search_term):
            queryset = queryset.filter(search.meaning_of(term, meanings))
        return queryset, False

    def get_fieldsets(self, request: HttpRequest, obj: M | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if content.may_read(request) else content.without(fieldsets, self.content)


class Latest(Formset[Any, Any]):
    """The last rows in the table's order."""

    @cached_property
    def latest(self) -> QuerySet[Any]:
        return super().get_queryset()[:LATEST]

    def get_queryset(self) -> QuerySet[Any]:
        return self.latest


class ReadingTable(Table[M, Parent]):
    """Rows that a page shows of another table."""

    #: As of a page.
    content: ClassVar[Collection[str]] = ()

    extra = 0
    can_delete = False

    def get_fields(self, request: HttpRequest, obj: Parent | None = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if content.may_read(request) else content.kept(fields, self.content)

    def has_add_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Parent | None = None) -> bool:
        return False
