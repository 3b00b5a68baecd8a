"""Delete an assistant: what runs for it is cancelled first, so that its followers see an end."""

from uuid import UUID

from assistants import lifecycle
from assistants.errors import AssistantGone
from assistants.models import Assistant
from langgraph_server.auth.filters import EVERYTHING, Filter
from runs import cancellation
from runs.choices import CancelAction
from runs.models import Run

DELETED = "assistant {assistant_id} was deleted"


def delete(
    assistant_id: UUID, *, delete_threads: bool, visible: Filter = EVERYTHING, threads: Filter = EVERYTHING
) -> None:
    """Runs admitted in this very moment go on: threads and their runs outlive an assistant anyway."""
    if visible:
        expect(assistant_id, visible=visible)
    active = Run.objects.active().visible(threads).filter(assistant_id=assistant_id).values_list("run_id", flat=True)
    reason = DELETED.format(assistant_id=assistant_id)
    cancellation.cancel(list(active), action=CancelAction.INTERRUPT, reason=reason)
    lifecycle.delete(assistant_id, delete_threads=delete_threads, visible=visible, threads=threads)


def expect(assistant_id: UUID, *, visible: Filter) -> None:
    """Before anything of somebody else's is cancelled."""
    if not Assistant.objects.visible(visible).filter(assistant_id=assistant_id).exists():
        raise AssistantGone(assistant_id=assistant_id)
