"""What a caller may not see is not there: which requests name a thread or an assistant of somebody else."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from assistants.builtin import assistant_id_of
from assistants.models import Assistant
from langgraph_server.auth.filters import Filter
from langgraph_server.errors import DomainError
from runs.errors import ThreadOrAssistantNotFound
from runs.requests import RunRequest
from threads.models import Thread


def without_assistant(
    requests: Sequence[RunRequest], assistants: Mapping[str, Assistant | DomainError]
) -> dict[UUID, DomainError]:
    """Refusals by run id."""
    return {
        request.run_id: ThreadOrAssistantNotFound()
        for request in requests
        if request.visible
        and isinstance(assistant := assistants[request.assistant], Assistant)
        and not is_visible(assistant, request.visible)
    }


def usable(assistant_id: UUID, *, visible: Filter) -> Assistant | None:
    """One that runs may be made for."""
    assistant = Assistant.objects.filter(assistant_id=assistant_id).first()
    return assistant if assistant and is_visible(assistant, visible) else None


def is_visible(assistant: Assistant, visible: Filter) -> bool:
    """The system's are everybody's."""
    if not visible or assistant.assistant_id == assistant_id_of(assistant.graph_id):
        return True
    return Assistant.objects.visible(visible).filter(assistant_id=assistant.assistant_id).exists()


def hidden_threads(requests: Sequence[RunRequest], made: frozenset[UUID]) -> frozenset[UUID]:
    """Holds the threads' locks, and has just `made` some of them."""
    guarded = {
        request.thread_id: request
        for request in requests
        if request.visible and request.thread_id is not None and request.thread_id not in made
    }
    if not guarded:
        return frozenset()
    wanted = (Q(thread_id=thread_id) & request.visible.on("metadata") for thread_id, request in guarded.items())
    seen = Thread.objects.filter(reduce(or_, wanted)).values_list("thread_id", flat=True)
    return frozenset(guarded.keys() - set(seen))


def made_alone(thread: Thread) -> bool:
    """Whether it was this call that made the row."""
    try:
        with transaction.atomic():
            thread.save(force_insert=True)
    except IntegrityError:
        return False
    return True
