"""Assistants in the admin: which exist, with which configuration, and what they were before."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.db.models.functions import Collate, Lower
from django.db.models.lookups import GreaterThanOrEqual, LessThan
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString

from assistants.comparison import comparison_page
from assistants.introspection import drawn_now
from assistants.models import Assistant, AssistantVersion
from langgraph_server.admin import content, search
from langgraph_server.admin.display import NOTHING, link, moment_column
from langgraph_server.admin.documents import document_column
from langgraph_server.admin.pages import LATEST, Latest, ReadingAdmin, ReadingTable

SYSTEM = {"created_by": "system"}
LAST_CHARACTER = "\U0010ffff"
#: Assistants that one search by name finds, the first by name.
MOST_NAMED = 1_000


class GraphFilter(admin.SimpleListFilter):
    """Graphs by their system assistants, which stay when a graph leaves the configuration."""

    title = "graph"
    parameter_name = "graph"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        system = Assistant.objects.filter(metadata__contains=SYSTEM)
        return [(graph_id, graph_id) for graph_id in system.order_by("graph_id").values_list("graph_id", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(graph_id=self.value()) if self.value() else queryset


class MakerFilter(admin.SimpleListFilter):
    title = "maker"
    parameter_name = "made_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("system", "The server"), ("clients", "Clients")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "system":
            return queryset.filter(metadata__contains=SYSTEM)
        return queryset.exclude(metadata__contains=SYSTEM) if self.value() else queryset


def by_graph(term: str) -> Q | None:
    return Q(graph_id=term) if Assistant.objects.filter(graph_id=term).exists() else None


def by_name(term: str) -> Q:
    """How names begin: a part from the middle, which the API finds, no index does.

    Limited within, so that the database begins with that index: it cannot know how many there are before it prepares.
    """
    name, begins = Collate(Lower("name"), "C"), term.lower()
    named = Assistant.objects.filter(GreaterThanOrEqual(name, begins), LessThan(name, begins + LAST_CHARACTER))
    return Q(pk__in=named.order_by(name).values("pk")[:MOST_NAMED])


class Versions(ReadingTable[AssistantVersion, Assistant]):
    """Which of them is in use, the assistant's own version says."""

    model = AssistantVersion
    formset = Latest
    verbose_name_plural = f"Last {LATEST} versions"
    fields = ("version", "created", "graph_id", "name", "shown_config", "shown_context", "shown_metadata", "changed")
    readonly_fields = fields
    content = ("shown_config", "shown_context", "shown_metadata", "changed")
    ordering = ("-version",)

    created = moment_column("created_at")
    shown_config = document_column("config")
    shown_context = document_column("context")
    shown_metadata = document_column("metadata")

    @admin.display(description="what changed")
    def changed(self, version: AssistantVersion) -> SafeString | str:
        """Versions are numbered without gaps."""
        if version.version == 1:
            return NOTHING
        pair = {"before": version.version - 1, "after": version.version}
        return link("assistants_assistant_versions", version.assistant_id, "Compare", query=pair)


@admin.register(Assistant)
class AssistantAdmin(ReadingAdmin[Assistant]):
    inlines = (Versions,)
    list_display = ("name", "assistant_id", "graph_id", "made_by", "version", "created", "updated")
    list_filter = (GraphFilter, MakerFilter)
    ordering = ("-created_at",)
    sortable_by = ("created",)
    search_fields = ("assistant_id",)
    search_help_text = (
        "An assistant id, a graph id, key=value of the metadata, or how the name begins"
        f" (the first {MOST_NAMED} by name)."
    )
    meanings = (lambda term: search.by_id(term, ["assistant_id"]), search.by_metadata, by_graph, by_name)
    heavy = ("description", "config", "context", "metadata")
    content = ("description", "shown_config", "shown_context", "shown_metadata")
    fieldsets = (
        (None, {"fields": ("assistant_id", "name", "description", "graph_id", "version", "created", "updated")}),
        ("Documents", {"fields": ("shown_config", "shown_context", "shown_metadata")}),
    )

    created = moment_column("created_at")
    updated = moment_column("updated_at")
    shown_config = document_column("config")
    shown_context = document_column("context")
    shown_metadata = document_column("metadata")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.compare)
        graph = self.admin_site.admin_view(self.graph)
        return [
            path("<uuid:assistant_id>/versions/", view, name="assistants_assistant_versions"),
            path("<uuid:assistant_id>/graph/", graph, name="assistants_assistant_graph"),
            *super().get_urls(),
        ]

    def graph(self, request: HttpRequest, assistant_id: UUID) -> TemplateResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        assistant = get_object_or_404(Assistant, assistant_id=assistant_id)
        shown = {"title": "Graph", "original": assistant, "drawing": drawn_now(assistant.graph_id)}
        context = {**self.surroundings(request), **shown}
        return TemplateResponse(request, "admin/assistants/assistant/graph.html", context)

    def compare(self, request: HttpRequest, assistant_id: UUID) -> TemplateResponse:
        if not (self.has_view_permission(request) and content.may_read(request)):
            raise PermissionDenied
        assistant = get_object_or_404(Assistant, assistant_id=assistant_id)
        return comparison_page(request, assistant, self.surroundings(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assistant]:
        return super().get_queryset(request).annotate(maker=KT("metadata__created_by"))

    @admin.display(description="made by")
    def made_by(self, assistant: Any) -> str:
        return "server" if assistant.maker == "system" else "client"
