"""Delete a run: its worker finds the lease gone and stops; the thread comes to rest without it."""

from django.db import transaction

from runs import cancellation, dispatch
from runs.choices import RunStatus
from runs.models import Run
from runs.settlement import Ending, next_queues, settle
from threads import occupancy


def delete(run: Run) -> None:
    """What it wrote into the thread's state stays."""
    with transaction.atomic():
        occupancy.lock([run.thread_id])
        held = Run.objects.select_for_update(no_key=True).filter(run_id=run.run_id).first()
        if held is None:
            return
        if not held.is_terminal:
            settle([Ending(held.run_id, held.thread_id, held.token, RunStatus.INTERRUPTED)])
            cancellation.conclude_on_commit([(held.run_id, held.epoch or 0, RunStatus.INTERRUPTED)])
        Run.objects.filter(run_id=held.run_id).delete()
        dispatch.announce(queue for queues in next_queues({held.thread_id}).values() for queue in queues)
