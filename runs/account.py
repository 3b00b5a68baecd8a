"""What a run went through, as its page shows it: its attempts, and when each of their tasks began and ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.timezone import now

from langgraph_server.admin.display import NOTHING, link, moment, short, span, status
from langgraph_server.admin.documents import document, render_text
from langgraph_server.encryption.errors import EncryptionFailed
from runs import timelines
from runs.choices import AttemptOutcome, RunStatus
from runs.models import Run
from runs.records import Attempt, Worker
from runs.timelines import Task, Timeline

#: Attempts that a page shows, the last ones.
MOST = 20
ALARMING = frozenset({AttemptOutcome.ERROR, AttemptOutcome.TIMEOUT, AttemptOutcome.LOST})


@dataclass(frozen=True, slots=True)
class Row:
    """A task as a line of the timeline; the bar's place and length are percents of the attempt's."""

    task: Task
    state: str
    took: str
    at: str
    left: float
    width: float
    values: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Account:
    title: str
    rows: list[Row]
    dropped: int
    traceback: str


def attempts(run: Run) -> SafeString | str:
    over = list(Attempt.objects.filter(run_id=run.run_id).order_by("-token")[:MOST])
    if run.status == RunStatus.RUNNING and run.owner:
        over.insert(0, lasting(run, run.owner))
    known = Worker.objects.in_bulk([attempt.worker_id for attempt in over])
    told = [(attempt, *told_of(attempt, known.get(attempt.worker_id))) for attempt in over]
    return render_to_string("admin/runs/run/attempts.html", {"attempts": told}) if told else "None is over."


def lasting(run: Run, owner: UUID) -> Attempt:
    """It has no row before it is over: `updated_at` of a running run is when it was claimed."""
    times = {"due_at": run.due_at, "started_at": run.updated_at, "ended_at": None}
    return Attempt(run=run, token=run.token, attempt=run.attempt, worker_id=owner, outcome="", **times)


def told_of(attempt: Attempt, worker: Worker | None) -> tuple[str, str, str, str, str]:
    shown = link("runs_worker_change", worker.worker_id, worker) if worker else short(attempt.worker_id)
    waited = span(max(attempt.started_at - attempt.due_at, timedelta(0)))
    took = span((attempt.ended_at or now()) - attempt.started_at)
    outcome = status(attempt.outcome or "running", alarming=attempt.outcome in ALARMING)
    return shown, waited, moment(attempt.started_at), took, outcome


def timeline(run: Run, *, values: bool) -> SafeString | str:
    """The last attempt first. Without `values` nothing that graphs and clients wrote."""
    try:
        found = sorted(timelines.of_run(run).items(), reverse=True)[:MOST]
    except EncryptionFailed as error:
        return str(error)
    told = [account(f"Claim {token}", each, values=values) for token, each in found]
    return render_to_string("admin/runs/run/timeline.html", {"accounts": told}) if told else "Nothing is kept."


def account(title: str, told: Timeline, *, values: bool) -> Account:
    began = min((task.began for task in told.tasks), default=0)
    ended = max((task.ended or task.began for task in told.tasks), default=0)
    rows = [row(task, began, max(1, ended - began), values=values) for task in told.tasks]
    traceback = render_text(told.traceback) if values and told.traceback else ""
    return Account(title, rows, told.dropped, traceback)


def row(task: Task, began: int, length: int, *, values: bool) -> Row:
    took = span(timedelta(milliseconds=task.ended - task.began)) if task.ended else NOTHING
    left = 100 * (task.began - began) / length
    width = max(0.5, 100 * ((task.ended or began + length) - task.began) / length)
    at = datetime.fromtimestamp(task.began / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
    shown = list(shown_values(task)) if values else []
    return Row(task, state(task), took, at, round(min(left, 99.5), 2), round(width, 2), shown)


def state(task: Task) -> str:
    if task.error is not None:
        return "failed"
    if task.interrupts:
        return "interrupted"
    return "ended" if task.ended else "not ended"


def shown_values(task: Task) -> Iterator[tuple[str, str]]:
    yield "Input", document(task.input)
    if task.error is not None:
        yield "Error", render_text(task.error)
    elif task.interrupts:
        yield "Interrupts", document(task.interrupts)
    elif task.ended:
        yield "Result", document(task.result)
