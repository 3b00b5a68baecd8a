"""Crons in the admin: what each does in plain words, when it is due, which firings were late; run now, on and off."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from cron_descriptor import FormatException, MissingFieldException, get_description
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import now

from crons import firing, lifecycle, schedule
from crons.errors import InvalidSchedule, InvalidTimezone
from crons.models import Cron, CronFiring
from crons.querysets import LATE
from langgraph_server.admin import journal, search
from langgraph_server.admin.display import NOTHING, link, moment_column, short, short_link, span, status
from langgraph_server.admin.documents import document_column
from langgraph_server.admin.pages import LATEST, Latest, ReadingAdmin, ReadingTable
from langgraph_server.errors import DomainError

COMING = 5
OUTCOMES = {"late": Q(lag__gt=LATE), "skipped": ~Q(reason="")}


class FiringColumns:
    """What a cron's page and the list of all firings tell of one."""

    at = moment_column("instant")

    @admin.display
    def run(self, fired: CronFiring) -> SafeString | str:
        return link("runs_run_change", fired.run_id) if fired.run_id else NOTHING

    @admin.display(description="skipped because")
    def shown_reason(self, fired: CronFiring) -> SafeString | str:
        return status(fired.reason, alarming=True) if fired.reason else NOTHING

    @admin.display(description="late by")
    def late(self, fired: CronFiring) -> str:
        return status(span(fired.lag), alarming=fired.lag > LATE)


class Firings(FiringColumns, ReadingTable[CronFiring, Cron]):
    model = CronFiring
    formset = Latest
    verbose_name_plural = f"Last {LATEST} firings"
    fields = ("at", "run", "shown_reason", "late")
    readonly_fields = fields
    ordering = ("-instant",)


@admin.register(Cron)
class CronAdmin(ReadingAdmin[Cron]):
    inlines = (Firings,)
    list_display = ("listed_cron", "enabled", "sentence", "timezone", "listed_thread", "due", "ends", "created")
    list_filter = ("enabled", ("thread", admin.EmptyFieldListFilter))
    ordering = ("-created_at",)
    sortable_by = ("created", "due")
    search_fields = ("cron_id",)
    search_help_text = "A cron id, an assistant id, a thread id, a schedule, or key=value of the metadata."
    meanings = (
        lambda term: search.by_id(term, ["cron_id", "assistant_id", "thread_id"]),
        search.by_metadata,
        lambda term: Q(schedule=term),
    )
    heavy = ("payload", "metadata", "user", "reach")
    content = ("shown_payload", "shown_metadata")
    actions = ("run_now", "enable", "disable")
    fieldsets = (
        (None, {"fields": ("cron_id", "enabled", "schedule", "sentence", "timezone", "coming")}),
        ("Run", {"fields": ("shown_assistant", "shown_thread", "on_run_completed", "user_id")}),
        ("Times", {"fields": (("created", "updated", "due", "ends"),)}),
        ("Documents", {"fields": ("shown_payload", "shown_metadata")}),
    )

    created = moment_column("created_at")
    updated = moment_column("updated_at")
    due = moment_column("next_run_date", "due next")
    ends = moment_column("end_at")
    shown_payload = document_column("payload")
    shown_metadata = document_column("metadata")

    def has_change_crons_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("crons.change_cron")

    @admin.display(description="cron")
    def listed_cron(self, cron: Cron) -> SafeString:
        return short(cron.cron_id)

    @admin.display(description="in words")
    def sentence(self, cron: Cron) -> str:
        return in_words(cron.schedule)

    @admin.display(description=f"next {COMING}")
    def coming(self, cron: Cron) -> str:
        zone = schedule.zone_of(cron.timezone)
        shown = [[f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}"] for at in occurrences(cron)]
        return format_html_join("", "<div>{}</div>", shown) or NOTHING

    @admin.display(description="assistant")
    def shown_assistant(self, cron: Cron) -> SafeString:
        return link("assistants_assistant_change", cron.assistant_id)

    @admin.display(description="thread")
    def shown_thread(self, cron: Cron) -> SafeString | str:
        return link("threads_thread_change", cron.thread_id) if cron.thread_id else "a new one at each firing"

    @admin.display(description="thread")
    def listed_thread(self, cron: Cron) -> SafeString | str:
        return short_link("threads_thread_change", cron.thread_id) if cron.thread_id else NOTHING

    @admin.action(description="Run now, beside the schedule", permissions=["change_crons"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Cron]) -> None:
        chosen = list(queryset.defer(None))
        fired = [firing.fire_now(cron) for cron in chosen]
        journal.note(request, chosen, "Run now.")
        refused = [each.reason for each in fired if each and each.reason]
        if refused:
            self.message_user(request, f"{len(refused)} could not be run: {refused[0]}", messages.WARNING)
        self.message_user(request, f"{len(chosen) - len(refused)} runs admitted.", messages.SUCCESS)

    @admin.action(description="Enable: go on with the next occurrence", permissions=["change_crons"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Cron]) -> None:
        self.switch(request, queryset, enabled=True)

    @admin.action(description="Disable: fire no more", permissions=["change_crons"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Cron]) -> None:
        self.switch(request, queryset, enabled=False)

    def switch(self, request: HttpRequest, queryset: QuerySet[Cron], *, enabled: bool) -> None:
        chosen = list(queryset)
        word = "Enabled" if enabled else "Disabled"
        try:
            lifecycle.switch([cron.cron_id for cron in chosen], enabled=enabled)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return
        journal.note(request, chosen, f"{word}.")
        self.message_user(request, f"{word} {len(chosen)} crons.", messages.SUCCESS)


class OutcomeFilter(admin.SimpleListFilter):
    title = "outcome"
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", f"late by more than {span(LATE)}"), ("skipped", "skipped")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CronFiring]) -> QuerySet[CronFiring]:
        return queryset.filter(OUTCOMES.get(self.value() or "", Q()))


@admin.register(CronFiring)
class CronFiringAdmin(FiringColumns, ReadingAdmin[CronFiring]):
    list_display = ("at", "listed_cron", "sentence", "fired", "late", "run", "shown_reason")
    list_display_links = None
    list_filter = (OutcomeFilter, "fired_at")
    list_select_related = ("cron",)
    ordering = ("-fired_at",)
    sortable_by = ("fired",)
    search_fields = ("cron_id",)
    search_help_text = "A cron id."
    meanings = (lambda term: search.by_id(term, ["cron_id"]),)
    fields = ("listed_cron", "at", "fired", "late", "run", "shown_reason")

    fired = moment_column("fired_at")

    @admin.display(description="cron")
    def listed_cron(self, fired: CronFiring) -> SafeString:
        return short_link("crons_cron_change", fired.cron_id)

    @admin.display(description="in words")
    def sentence(self, fired: CronFiring) -> str:
        return in_words(fired.cron.schedule)


@lru_cache(maxsize=1024)
def in_words(expression: str) -> str:
    """Its seconds come last, the describer wants them first; an alias it does not know speaks for itself. Kept: the
    describer takes milliseconds for each."""
    fields = expression.split()
    if len(fields) == 6:
        fields = [fields[5], *fields[:5]]
    try:
        return str(get_description(" ".join(fields)))
    except (FormatException, MissingFieldException, ValueError, IndexError, KeyError):
        return expression


def occurrences(cron: Cron) -> Iterator[datetime]:
    at = now()
    try:
        for _ in range(COMING):
            at = schedule.following(cron.schedule, cron.timezone, at)
            if cron.end_at is not None and at > cron.end_at:
                return
            yield at
    except (InvalidSchedule, InvalidTimezone):
        return
