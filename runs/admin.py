"""Runs in the admin: what waits, what runs and where, how it ended; and the wish to stop it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponseRedirect  # noqa: TID251 - the admin's pages speak HTTP
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import now

from assistants.admin import GraphFilter
from assistants.models import Assistant
from langgraph_server.admin import confirming, content, journal, search
from langgraph_server.admin.display import (
    NOTHING,
    hinted,
    link,
    moment_column,
    one_line,
    short,
    short_link,
    span,
    status,
)
from langgraph_server.admin.documents import document_column
from langgraph_server.admin.pages import LATEST, Latest, ReadingAdmin, ReadingTable
from langgraph_server.config.loading import server_config
from langgraph_server.errors import DomainError
from runs import account, sweeper, workers
from runs.admission import admit
from runs.answering import answering_page
from runs.cancellation import cancel
from runs.choices import CancelAction, RunStatus
from runs.models import Run, RunEvent
from runs.querysets import ACTIVE, RunQuerySet
from runs.records import Worker
from runs.repeating import again
from runs.standing import ALARMING, STANDING, STATUS_OF, Standing, ahead
from threads.admin import ThreadAdmin
from threads.models import Thread
from webhooks.models import Delivery

#: Kept events that a run's page shows, the first ones, and characters of each.
EVENTS = 50
EVENT_LENGTH = 300

REASON = "cancelled in the admin by {user}: {reason}"
CONSEQUENCES = {
    CancelAction.INTERRUPT: "These runs stop; what they have written into their threads stays.",
    CancelAction.ROLLBACK: "These runs stop, and disappear with all the checkpoints they wrote. This cannot be undone.",
}
TAKEN_BACK = (
    "Their workers have not renewed the leases. Each run goes on with another worker, or ends if it was lost too often."
)
RUN_AGAIN = "A new run is made for each, with the same input, on its thread as it is now; side effects happen again."


#: What most runs have not, by how to see whether one has.
RARE: Mapping[str, Callable[[Any], object]] = {
    "blocked_by": lambda run: run.standing == Standing.BLOCKED,
    "shown_error": lambda run: run.error,
    "shown_cron": lambda run: cron_of(run),
    "shown_delivery": lambda run: run.push,
    "owner": lambda run: run.owner,
    "lease": lambda run: run.lease_until,
    "cancel_action": lambda run: run.cancel_action,
    "cancel_reason": lambda run: run.cancel_reason,
}


def cron_of(run: Run) -> UUID | None:
    return search.as_id(str(run.kwargs.get("config", {}).get("configurable", {}).get("cron_id")))


class StandingFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        finer = {status: [name for name, of in STATUS_OF.items() if of == status] for status in RunStatus.values}
        return [
            choice
            for status in RunStatus.values
            for choice in ((status, status), *((name, f"· {name}") for name in finer[status]))
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not (wanted := self.value()):
            return queryset
        if wanted in STATUS_OF:
            return queryset.filter(status=STATUS_OF[wanted], standing=wanted)
        return queryset.filter(status=wanted)


class QueueFilter(admin.SimpleListFilter):
    """Queues that are configured, or that a run waits in. What has ended is found by its graph."""

    title = "queue, while active"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        configured = {graph.queue for graph in server_config().graphs.values()}
        waited_in = Run.objects.filter(status=RunStatus.PENDING).values_list("queue", flat=True).distinct()
        return [(queue, queue) for queue in sorted({*configured, *settings.RUN_QUEUES, *waited_in})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Run]) -> QuerySet[Run]:
        return queryset.filter(ACTIVE, queue=self.value()) if self.value() else queryset


class RunColumns:
    """What the list, the detail page and a thread's page tell of a run."""

    created = moment_column("created_at")

    @admin.display(description="status")
    def shown_standing(self, run: Any) -> SafeString:
        return status(run.standing, alarming=run.standing in ALARMING)

    @admin.display(description="waited")
    def wait(self, run: Run) -> str:
        """From the moment it could have started; a delayed run is made for a moment to come."""
        until = run.started_at or run.ended_at or now()
        return one_line(span(max(until - run.created_at, timedelta(0))))

    @admin.display(description="took")
    def took(self, run: Run) -> str:
        return one_line(span((run.ended_at or now()) - run.started_at)) if run.started_at else NOTHING


@admin.register(Run)
class RunAdmin(RunColumns, ReadingAdmin[Run]):
    list_display = (
        "listed_run",
        "shown_standing",
        "graph_id",
        "listed_thread",
        "shown_assistant",
        "attempt",
        "created",
        "wait",
        "took",
        "lease",
    )
    list_filter = (StandingFilter, GraphFilter, QueueFilter)
    ordering = ("-created_at",)
    sortable_by = ("created",)
    search_fields = ("run_id",)
    search_help_text = "A run id, a thread id, or a graph id."
    meanings = (lambda term: search.by_id(term, ["run_id", "thread_id"]), lambda term: Q(graph_id=term))
    heavy = ("metadata", "kwargs", "error", "cancel_reason")
    content = ("shown_error", "timeline", "shown_kwargs", "shown_metadata", "events")
    actions = ("cancel_with_interrupt", "cancel_with_rollback", "take_back", "run_again")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "run_id",
                    "shown_standing",
                    "blocked_by",
                    "shown_error",
                    "graph_id",
                    "shown_assistant",
                    "version",
                    "shown_thread",
                    "shown_cron",
                    "shown_delivery",
                )
            },
        ),
        ("What happened", {"fields": ("attempts", "timeline", "outline")}),
        ("Times", {"fields": ("created", "due", "started", "ended", "wait", "took")}),
        (
            "Execution",
            {
                "fields": (
                    "queue",
                    "priority",
                    "multitask_strategy",
                    "attempt",
                    "crashes",
                    "charges",
                    "owner",
                    "lease",
                    "token",
                )
            },
        ),
        ("Cancellation", {"fields": ("cancel_action", "cancel_reason")}),
        ("Documents", {"fields": ("shown_kwargs", "shown_metadata")}),
        ("Events", {"fields": ("events",)}),
    )

    due = moment_column("due_at")
    started = moment_column("started_at")
    ended = moment_column("ended_at")
    shown_error = document_column("error")
    shown_kwargs = document_column("kwargs")
    shown_metadata = document_column("metadata")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        """The assistant may be gone while its runs stay: its name is looked up, a join would lose them."""
        name = Assistant.objects.filter(assistant_id=OuterRef("assistant_id")).values("name")
        return super().get_queryset(request).annotate(standing=STANDING, assistant_name=Subquery(name))

    def get_fieldsets(self, request: HttpRequest, obj: Run | None = None) -> Any:
        """The outline is for those who may not see the timeline; what this run has nothing of is left out."""
        hidden = {"outline"} if content.may_read(request) else set()
        if obj is not None:
            hidden |= {field for field, has in RARE.items() if not has(obj)}
        return content.without(super().get_fieldsets(request, obj), hidden)

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.change_run")

    def has_again_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.add_run")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.answer)
        return [path("answer/<uuid:thread_id>/", view, name="runs_run_answer"), *super().get_urls()]

    def answer(self, request: HttpRequest, thread_id: UUID) -> TemplateResponse | HttpResponseRedirect:
        return answering_page(request, thread_id, self.surroundings(request))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        run = kwargs.get("obj")
        context["can_cancel"] = self.has_cancel_permission(request) and run is not None and not run.is_terminal
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Without the sidebar: the columns need its place."""
        return super().changelist_view(request, {"is_nav_sidebar_enabled": False, **(extra_context or {})})

    @admin.display(description="run")
    def listed_run(self, run: Run) -> SafeString:
        return short(run.run_id)

    @admin.display(description="thread")
    def shown_thread(self, run: Run) -> SafeString:
        return link("threads_thread_change", run.thread_id)

    @admin.display(description="thread")
    def listed_thread(self, run: Run) -> SafeString:
        return short_link("threads_thread_change", run.thread_id)

    @admin.display(description="assistant")
    def shown_assistant(self, run: Any) -> SafeString | str:
        if run.assistant_name is None:
            return f"{run.assistant_id} (deleted)"
        return link("assistants_assistant_change", run.assistant_id, run.assistant_name)

    @admin.display(description="its version then")
    def version(self, run: Any) -> SafeString | str:
        """With what has changed since."""
        if run.assistant_version is None or run.assistant_name is None:
            return NOTHING
        query = {"before": run.assistant_version}
        return link("assistants_assistant_versions", run.assistant_id, run.assistant_version, query=query)

    @admin.display(description="cron")
    def shown_cron(self, run: Run) -> SafeString | str:
        """Crons stand above runs; the configuration that they give a run names them."""
        cron_id = cron_of(run)
        return link("crons_cron_change", cron_id) if cron_id else NOTHING

    @admin.display(description="webhook")
    def shown_delivery(self, run: Run) -> SafeString | str:
        delivery = Delivery.objects.filter(run_id=run.run_id).only("delivery_id", "state").first()
        return link("webhooks_delivery_change", delivery.delivery_id, delivery.state) if delivery else NOTHING

    @admin.display
    def lease(self, run: Run) -> str:
        if run.lease_until is None:
            return NOTHING
        left = run.lease_until - now()
        until = f"{span(left)} left" if left > timedelta(0) else f"expired {span(-left)} ago"
        return hinted(until, f"held by worker {run.owner}")

    @admin.display(description="waits for")
    def blocked_by(self, run: Any) -> str:
        first = ahead(run).only("run_id").first() if run.standing == Standing.BLOCKED else None
        return link("runs_run_change", first.run_id) if first else NOTHING

    @admin.display(description="attempts")
    def attempts(self, run: Run) -> SafeString | str:
        return account.attempts(run)

    @admin.display(description="tasks")
    def timeline(self, run: Run) -> SafeString | str:
        return account.timeline(run, values=True)

    @admin.display(description="tasks")
    def outline(self, run: Run) -> SafeString | str:
        return account.timeline(run, values=False)

    @admin.display(description="kept")
    def events(self, run: Run) -> SafeString | str:
        """The events of a resumable run, while they are kept."""
        if not run.is_resumable:
            return "The run is not resumable, its events were streamed only."
        kept = RunEvent.objects.filter(run_id=run.run_id).order_by("seq").annotate(start=Left("data", EVENT_LENGTH))
        rows = list(kept.values("seq", "event", "start")[: EVENTS + 1])
        return render_to_string("admin/runs/run/events.html", {"events": rows[:EVENTS], "goes_on": len(rows) > EVENTS})

    @admin.action(description="Cancel (interrupt): stop, what was done stays", permissions=["cancel"])
    def cancel_with_interrupt(self, request: HttpRequest, queryset: RunQuerySet) -> TemplateResponse | None:
        return self.cancel_selected(request, queryset, CancelAction.INTERRUPT)

    @admin.action(description="Cancel (rollback): stop, delete runs and their checkpoints", permissions=["cancel"])
    def cancel_with_rollback(self, request: HttpRequest, queryset: RunQuerySet) -> TemplateResponse | None:
        return self.cancel_selected(request, queryset, CancelAction.ROLLBACK)

    def cancel_selected(
        self, request: HttpRequest, queryset: RunQuerySet, action: CancelAction
    ) -> TemplateResponse | None:
        active = list(queryset.active())
        if not active:
            self.message_user(request, "The selected runs are over already.", messages.WARNING)
            return None
        if not (reason := confirming.reason_given(request)):
            name, consequence = f"cancel_with_{action}", CONSEQUENCES[action]
            return confirming.ask(request, self, active, action=name, title="Cancel runs", consequence=consequence)
        told = REASON.format(user=request.user.get_username(), reason=reason)
        count = cancel([run.run_id for run in active], action=action, reason=told)
        journal.note(request, active, f"Cancelled ({action}).", reason=reason)
        self.message_user(request, f"{count} of {len(active)} runs cancelled, or told to stop.", messages.SUCCESS)
        return None

    @admin.action(description="Take back: give stuck runs to another worker now", permissions=["cancel"])
    def take_back(self, request: HttpRequest, queryset: RunQuerySet) -> TemplateResponse | None:
        stuck = list(queryset.expired().defer(None))
        if not stuck:
            self.message_user(request, "None of the selected runs is stuck.", messages.WARNING)
            return None
        if not (reason := confirming.reason_given(request)):
            return confirming.ask(request, self, stuck, action="take_back", title="Take back", consequence=TAKEN_BACK)
        sweeper.recover_each(stuck)
        journal.note(request, stuck, "Taken back.", reason=reason)
        self.message_user(request, f"{len(stuck)} runs taken from their lost workers.", messages.SUCCESS)
        return None

    @admin.action(description="Run again: ask for the same once more", permissions=["again"])
    def run_again(self, request: HttpRequest, queryset: RunQuerySet) -> TemplateResponse | None:
        chosen = list(queryset.defer(None))
        if not (reason := confirming.reason_given(request)):
            return confirming.ask(request, self, chosen, action="run_again", title="Run again", consequence=RUN_AGAIN)
        answers = admit([again(run) for run in chosen])
        admitted = [run for run, made in zip(chosen, answers, strict=True) if isinstance(made, Run)]
        journal.note(request, admitted, "Run again.", reason=reason)
        for refusal in {str(made) for made in answers if isinstance(made, DomainError)}:
            self.message_user(request, refusal, messages.ERROR)
        self.message_user(request, f"{len(admitted)} of {len(chosen)} runs admitted.", messages.SUCCESS)
        return None


@admin.register(Worker)
class WorkerAdmin(ReadingAdmin[Worker]):
    list_display = ("worker", "state", "queues", "slots", "runs", "started", "seen")
    ordering = ("-seen_at",)
    sortable_by = ()
    fields = ("worker_id", "worker", "state", "queues", "slots", "runs", "started", "seen", "ended", "held")

    started = moment_column("started_at")
    seen = moment_column("seen_at", "last heard of")
    ended = moment_column("ended_at")

    @admin.display
    def worker(self, worker: Worker) -> str:
        return str(worker)

    @admin.display
    def state(self, worker: Worker) -> SafeString:
        told = workers.standing(worker, now())
        return status(told, alarming=told == workers.Standing.SILENT)

    @admin.display(description="holds")
    def held(self, worker: Worker) -> SafeString | str:
        held = Run.objects.filter(status=RunStatus.RUNNING, owner=worker.worker_id).order_by("updated_at")[:LATEST]
        found = [(link("runs_run_change", run.run_id), run.graph_id) for run in held.only("run_id", "graph_id")]
        return format_html_join("", "<div>{} {}</div>", found) or NOTHING


class RunsOfThread(RunColumns, ReadingTable[Run, Thread]):
    model = Run
    formset = Latest
    verbose_name_plural = f"Last {LATEST} runs"
    fields = ("shown_standing", "graph_id", "attempt", "created", "wait", "took")
    readonly_fields = fields
    ordering = ("-created_at", "-run_id")
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        return super().get_queryset(request).annotate(standing=STANDING).defer(*RunAdmin.heavy)


# Threads stand below runs and do not know them; their page does not have to.
ThreadAdmin.inlines = (*ThreadAdmin.inlines, RunsOfThread)
