"""Find a run as a client names it."""

from uuid import UUID

from runs.errors import RunNotFound
from runs.models import Run


def find(run_id: UUID, thread_id: UUID | None = None) -> Run:
    """Without a thread: by its own id, as stateless clients do."""
    runs = (
        Run.objects.filter(run_id=run_id)
        if thread_id is None
        else Run.objects.filter(run_id=run_id, thread_id=thread_id)
    )
    run: Run | None = runs.select_related("thread").defer("thread__values").first()
    if run is None:
        raise RunNotFound
    return run
