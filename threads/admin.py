"""Threads in the admin: how each stands, what was said in it, and the way to its checkpoints."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString

from langgraph_server.admin import confirming, journal, search
from langgraph_server.admin.conversation import conversation
from langgraph_server.admin.display import link, moment_column, status
from langgraph_server.admin.documents import document_column
from langgraph_server.admin.pages import ReadingAdmin
from langgraph_server.checkpoints.admin import checkpoint_page, checkpoints_page
from langgraph_server.errors import DomainError
from threads import lifecycle
from threads.choices import ThreadStatus
from threads.models import Thread

COPIED = "A new thread is made of each, with all its checkpoints; runs are not copied."
PRUNED = "All checkpoints but the latest of each namespace go: nobody can look at, or go back to, an earlier state."


class KindFilter(admin.SimpleListFilter):
    """The temporary threads of stateless runs stay out, as they do in every search, unless asked for."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("temporary", "Temporary")]

    def choices(self, changelist: Any) -> Any:
        listed, *others = super().choices(changelist)
        return [{**listed, "display": "Listed"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> QuerySet[Thread]:
        if self.value() == "temporary":
            return queryset.filter(temporary=True)
        # Who has a thread's id finds it, whatever kind it is of.
        return queryset if search.as_id(request.GET.get("q", "")) else queryset.filter(temporary=False)


def by_graph(term: str) -> Q:
    return Q(metadata__contains={"graph_id": term})


@admin.register(Thread)
class ThreadAdmin(ReadingAdmin[Thread]):
    #: The apps above add what they know of a thread.
    inlines: ClassVar[tuple[Any, ...]] = ()

    list_display = ("thread_id", "shown_status", "graph", "created", "updated")
    list_filter = ("status", KindFilter)
    ordering = ("-updated_at",)
    actions = ("copy", "prune")
    sortable_by = ("created", "updated")
    search_fields = ("thread_id",)
    search_help_text = "A thread id, a graph id, or key=value of the metadata."
    meanings = (lambda term: search.by_id(term, ["thread_id"]), search.by_metadata, by_graph)
    heavy = ("metadata", "config", "values", "error", "interrupts")
    content = (
        "shown_error",
        "shown_conversation",
        "shown_interrupts",
        "shown_values",
        "shown_metadata",
        "shown_config",
    )
    fieldsets = (
        (None, {"fields": ("thread_id", "shown_status", "shown_error", "graph", "kind")}),
        ("Times", {"fields": (("created", "updated", "state_updated"),)}),
        ("Conversation", {"fields": ("shown_conversation",)}),
        ("State", {"fields": ("shown_interrupts", "shown_values")}),
        ("Documents", {"fields": ("shown_metadata", "shown_config")}),
    )

    created = moment_column("created_at")
    updated = moment_column("updated_at")
    state_updated = moment_column("state_updated_at")
    shown_interrupts = document_column("interrupts")
    shown_error = document_column("error")
    shown_values = document_column("values")
    shown_metadata = document_column("metadata")
    shown_config = document_column("config")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Thread]:
        return super().get_queryset(request).annotate(graph_id=KT("metadata__graph_id"))

    def has_delete_permission(self, request: HttpRequest, obj: Thread | None = None) -> bool:
        return request.user.has_perm("threads.delete_thread")

    def get_urls(self) -> list[Any]:
        view, one = self.admin_site.admin_view(self.checkpoints), self.admin_site.admin_view(self.checkpoint)
        return [
            path("<uuid:thread_id>/checkpoints/", view, name="threads_thread_checkpoints"),
            path("<uuid:thread_id>/checkpoints/<str:checkpoint_id>/", one, name="threads_thread_checkpoint"),
            *super().get_urls(),
        ]

    def checkpoints(self, request: HttpRequest, thread_id: Any) -> TemplateResponse:
        return checkpoints_page(request, thread_id, self.surroundings(request))

    def checkpoint(self, request: HttpRequest, thread_id: Any, checkpoint_id: str) -> TemplateResponse:
        return checkpoint_page(request, thread_id, checkpoint_id, self.surroundings(request))

    @admin.display(description="status")
    def shown_status(self, thread: Thread) -> SafeString:
        return status(thread.status, alarming=thread.status == ThreadStatus.ERROR)

    @admin.display(description="graph")
    def graph(self, thread: Any) -> str | None:
        return thread.graph_id  # type: ignore[no-any-return]  # the annotation

    @admin.display
    def kind(self, thread: Thread) -> str:
        return "temporary, of a stateless run" if thread.temporary else "listed"

    @admin.display(description="messages")
    def shown_conversation(self, thread: Thread) -> str:
        return conversation(thread.values)

    def has_copy_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("threads.add_thread")

    def has_prune_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("checkpoints.delete_checkpoint")

    @admin.action(description="Copy: with the whole history", permissions=["copy"])
    def copy(self, request: HttpRequest, queryset: QuerySet[Thread]) -> TemplateResponse | None:
        chosen = list(queryset)
        if not (reason := confirming.reason_given(request)):
            return confirming.ask(request, self, chosen, action="copy", title="Copy threads", consequence=COPIED)
        for thread in chosen:
            copied = lifecycle.copy(thread.thread_id)
            journal.note(request, [thread], f"Copied to {copied.thread_id}.", reason=reason)
            self.message_user(request, link("threads_thread_change", copied.thread_id), messages.SUCCESS)
        return None

    @admin.action(description="Prune: keep the latest checkpoint only", permissions=["prune"])
    def prune(self, request: HttpRequest, queryset: QuerySet[Thread]) -> TemplateResponse | None:
        chosen = list(queryset)
        if not (reason := confirming.reason_given(request)):
            return confirming.ask(request, self, chosen, action="prune", title="Prune threads", consequence=PRUNED)
        try:
            count = lifecycle.keep_latest([thread.thread_id for thread in chosen])
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return None
        journal.note(request, chosen, "Pruned.", reason=reason)
        self.message_user(request, f"{count} threads pruned.", messages.SUCCESS)
        return None

    def get_deleted_objects(
        self, objs: Sequence[Thread] | QuerySet[Thread], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Runs and checkpoints go in the database: nothing is read to be counted."""
        listed = [f"{thread}, with its runs and checkpoints" for thread in objs]
        lacking = set() if self.has_delete_permission(request) else {str(self.opts.verbose_name)}
        return listed, {str(self.opts.verbose_name_plural): len(listed)}, lacking, []

    def delete_model(self, request: HttpRequest, obj: Thread) -> None:
        lifecycle.delete_rows([obj.thread_id])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Thread]) -> None:
        lifecycle.delete_rows(list(queryset.values_list("thread_id", flat=True)))
