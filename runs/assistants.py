"""Delete an assistant: what runs for it is cancelled first, so that its followers see an end."""

from uuid import UUID

from assistants import lifecycle
from runs import cancellation
from runs.choices import CancelAction
from runs.models import Run

DELETED = "assistant {assistant_id} was deleted"


def delete(assistant_id: UUID, *, delete_threads: bool) -> None:
    """Runs admitted in this very moment go on: threads and their runs outlive an assistant anyway."""
    active = Run.objects.active().filter(assistant_id=assistant_id).values_list("run_id", flat=True)
    reason = DELETED.format(assistant_id=assistant_id)
    cancellation.cancel(list(active), action=CancelAction.INTERRUPT, reason=reason)
    lifecycle.delete(assistant_id, delete_threads=delete_threads)
