"""The base of the admin's pages: they are for reading, rows change through verbs only."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.db.models import Q, QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP

from langgraph_server.admin import search
from langgraph_server.admin.lists import CappedPaginator, LightChangeList
from langgraph_server.admin.stock import M, Page


class SelectedOnly(ActionForm):
    """An action is for rows somebody has seen, never for "all that match"."""

    def clean_select_across(self) -> bool:
        return False


class ReadingAdmin(Page[M]):
    #: Documents of any size, which the list neither shows nor reads.
    heavy: ClassVar[Sequence[str]] = ()
    #: What a term of the search box may mean; the first that understands it decides.
    meanings: ClassVar[Sequence[search.Meaning]] = ()

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    action_form = SelectedOnly
    actions_selection_counter = False
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
