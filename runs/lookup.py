"""Find a run as a client names it."""

from uuid import UUID

from langgraph_server.auth.filters import EVERYTHING, Filter
from runs.errors import JoinedThreadNotFound, RunNotFound
from runs.models import Run
from threads.models import Thread


def find(run_id: UUID, thread_id: UUID | None = None, *, visible: Filter = EVERYTHING) -> Run:
    """Without a thread: by its own id, as stateless clients do."""
    runs = (
        Run.objects.filter(run_id=run_id)
        if thread_id is None
        else Run.objects.filter(run_id=run_id, thread_id=thread_id)
    )
    run: Run | None = runs.visible(visible).select_related("thread").defer("thread__values").first()
    if run is None:
        raise RunNotFound
    return run


def expect_thread(thread_id: UUID, *, visible: Filter = EVERYTHING) -> None:
    """Who joins a run of a thread that is not there is told so."""
    if not Thread.objects.visible(visible).filter(thread_id=thread_id).exists():
        raise JoinedThreadNotFound
