"""A task is a run, with the runs that went on with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.encryption.documents import here
from langgraph_server.gateways.errors import BadParams, TaskNotFound
from langgraph_server.ids import parse_uuid
from runs.choices import RunStatus
from runs.models import Run
from runs.querysets import RunQuerySet
from runs.sealing import revealed
from threads.choices import ThreadStatus
from threads.models import Thread

#: Of a run's metadata: what belongs to this protocol.
MARK = "a2a"
STATES = {
    RunStatus.PENDING: "submitted",
    RunStatus.RUNNING: "working",
    RunStatus.SUCCESS: "completed",
    RunStatus.ERROR: "failed",
    RunStatus.TIMEOUT: "failed",
    RunStatus.INTERRUPTED: "canceled",
}
OVER = frozenset({"completed", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class TaskId:
    thread_id: UUID
    run_id: UUID

    def __str__(self) -> str:
        return f"{self.thread_id}:{self.run_id}"

    @classmethod
    def of(cls, params: Mapping[str, Any], key: str = "id") -> "TaskId":
        name = params.get(key)
        if name is None:
            raise BadParams(detail="Missing required parameter: id (task_id)")
        if not isinstance(name, str):
            raise BadParams(detail="Task id and contextId must be strings")
        task_id = cls.read(name)
        if task_id is None:
            raise TaskNotFound(task_id=name)
        return task_id

    @classmethod
    def read(cls, name: str) -> "TaskId | None":
        thread_id, _, run_id = name.partition(":")
        try:
            return cls(UUID(thread_id), UUID(run_id))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Task:
    id: TaskId
    assistant_id: UUID
    #: The one that decides where the task stands.
    last: Run
    thread: Thread
    state: str

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def context_id(self) -> str:
        return str(self.id.thread_id)


def context_of(told: Mapping[str, Any]) -> UUID | None:
    """A context is a thread."""
    named = told.get("contextId")
    return parse_uuid(named, detail="Invalid contextId: must be a UUID") if named else None


def runs_of(task_id: TaskId) -> RunQuerySet:
    """Runs that clients made in other ways are tasks too."""
    went_on = Q(**{f"metadata__{MARK}__task_id": str(task_id)})
    return Run.objects.filter(Q(run_id=task_id.run_id) | went_on, thread_id=task_id.thread_id)


def find(task_id: TaskId, *, assistant_id: UUID, visible: Filter) -> Task:
    runs = runs_of(task_id).visible(visible).filter(assistant_id=assistant_id)
    found = list(runs.select_related("thread").order_by("-created_at", "-run_id"))
    if all(run.run_id != task_id.run_id for run in found):
        raise TaskNotFound(task_id=task_id)
    last = here(revealed(found[0]))
    return Task(task_id, assistant_id, last, last.thread, state_of(last, last.thread))


def of_run(run: Run) -> Task:
    """The one that the run, which is the last, began or went on with."""
    run = here(revealed(run))
    task_id = TaskId(run.thread_id, run.run_id)
    match run.metadata.get(MARK):
        case {"task_id": str(name)}:
            task_id = TaskId.read(name) or task_id
    return Task(task_id, run.assistant_id, run, run.thread, state_of(run, run.thread))


def again(task: Task) -> Task:
    """As it stands by now, for somebody who may see it."""
    return find(task.id, assistant_id=task.assistant_id, visible=EVERYTHING)


def state_of(run: Run, thread: Thread) -> str:
    """Only the newest run of a thread can be what its question is about."""
    state = STATES[RunStatus(run.status)]
    if state == "completed" and thread.status == ThreadStatus.INTERRUPTED:
        newest = Run.objects.of_thread(thread.thread_id).order_by("-created_at", "-run_id").values_list("run_id")
        if newest.first() == (run.run_id,):
            return "input-required"
    return state
