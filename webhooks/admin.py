"""Deliveries in the admin: what was told to whom, each attempt with its answer, and the wish to try again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.utils.safestring import SafeString

from langgraph_server.admin import journal, search
from langgraph_server.admin.display import link, moment_column, one_line, short, short_link, span, status
from langgraph_server.admin.documents import document_column
from langgraph_server.admin.pages import ReadingAdmin, ReadingTable
from webhooks import dispatch
from webhooks.choices import DeliveryState
from webhooks.custody import redeliver
from webhooks.models import Attempt, Delivery


class Attempts(ReadingTable[Attempt, Delivery]):
    model = Attempt
    fields = ("started", "took", "status_code", "answer", "error")
    readonly_fields = fields
    content = ("answer",)
    ordering = ("-started_at",)

    started = moment_column("started_at")

    @admin.display
    def took(self, attempt: Attempt) -> str:
        return one_line(span(attempt.duration))


@admin.register(Delivery)
class DeliveryAdmin(ReadingAdmin[Delivery]):
    inlines = (Attempts,)
    list_display = ("listed_delivery", "shown_state", "url", "listed_run", "tries", "created", "due", "ended")
    list_filter = ("state",)
    ordering = ("-created_at",)
    sortable_by = ("created",)
    search_fields = ("delivery_id",)
    search_help_text = "A delivery id, a run id, or the beginning of a URL."
    meanings = (lambda term: search.by_id(term, ["delivery_id", "run_id"]), lambda term: Q(url__startswith=term))
    heavy = ("body",)
    content = ("shown_body",)
    actions = ("redeliver_selected",)
    fieldsets = (
        (None, {"fields": ("delivery_id", "shown_state", "url", "shown_run", "tries")}),
        ("Times", {"fields": (("created", "due", "ended"),)}),
        ("Documents", {"fields": ("shown_body",)}),
    )

    created = moment_column("created_at")
    due = moment_column("next_try_at", "next try")
    ended = moment_column("ended_at")
    shown_body = document_column("body")

    def has_redeliver_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("webhooks.change_delivery")

    @admin.display(description="delivery")
    def listed_delivery(self, delivery: Delivery) -> SafeString:
        return short(delivery.delivery_id)

    @admin.display(description="state")
    def shown_state(self, delivery: Delivery) -> SafeString:
        return status(delivery.state, alarming=delivery.state == DeliveryState.GIVEN_UP)

    @admin.display(description="run")
    def listed_run(self, delivery: Delivery) -> SafeString:
        return short_link("runs_run_change", delivery.run_id)

    @admin.display(description="run")
    def shown_run(self, delivery: Delivery) -> SafeString:
        return link("runs_run_change", delivery.run_id)

    @admin.action(description="Redeliver: try those that are over once more", permissions=["redeliver"])
    def redeliver_selected(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        chosen: list[Any] = list(queryset)
        count = redeliver([delivery.delivery_id for delivery in chosen])
        dispatch.announce()
        journal.note(request, chosen, "Redelivered.")
        self.message_user(request, f"{count} of {len(chosen)} deliveries are due again.", messages.SUCCESS)
