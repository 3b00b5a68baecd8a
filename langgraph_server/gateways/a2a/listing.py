"""The tasks of an agent, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from langgraph_server.auth.filters import Filter
from langgraph_server.gateways import jsonrpc
from langgraph_server.gateways.a2a.dialects import STATES as WORDS
from langgraph_server.gateways.a2a.tasks import MARK, Task, TaskId, context_of, find
from langgraph_server.gateways.errors import BadParams
from runs.models import Run

PAGE = 50
LARGEST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    thread_id: UUID | None
    state: str | None
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Page:
    tasks: list[Task]
    total: int
    #: The next page's token; empty on the last one.
    further: str


def checked(params: Mapping[str, Any]) -> Asked:
    size, token = params.get("pageSize", PAGE), params.get("pageToken") or "0"
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= LARGEST:
        raise BadParams(detail="pageSize must be an integer between 1 and 100.")
    offset = jsonrpc.offset_in(token, refusal="Invalid pageToken")
    return Asked(context_of(params), state_of(params.get("status")), size, offset)


def state_of(named: Any) -> str | None:
    if named in (None, "", "TASK_STATE_UNSPECIFIED"):
        return None
    for state, word in WORDS.items():
        if named == word:
            return state
    raise BadParams(detail=f"Unknown status: {named}")


def page(asked: Asked, *, assistant_id: UUID, visible: Filter) -> Page:
    """The newest first. A task that goes on is where it began, and its state is that of its last run."""
    begun = Run.objects.visible(visible).filter(
        assistant_id=assistant_id, **{f"metadata__{MARK}__has_key": "task_start_id"}
    )
    if asked.thread_id:
        begun = begun.filter(thread_id=asked.thread_id)
    end = asked.offset + asked.size
    names = list(begun.order_by("-created_at", "-run_id").values_list("thread_id", "run_id")[asked.offset : end + 1])
    found = [find(TaskId(*name), assistant_id=assistant_id, visible=visible) for name in names[: asked.size]]
    shown = [task for task in found if asked.state in (None, task.state)]
    return Page(shown, begun.count(), str(end) if len(names) > asked.size else "")
