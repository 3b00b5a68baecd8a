"""Delete a run, with what it wrote: its worker finds the lease gone and stops; the thread comes to rest without it."""

from django.db import transaction

from langgraph_server.checkpoints import upkeep
from runs import cancellation, dispatch
from runs.choices import RunStatus
from runs.ending import Ending
from runs.models import Run
from runs.settlement import rest_before, settle
from threads import occupancy
from threads.choices import ThreadStatus
from threads.models import Thread
from threads.occupancy import Rest


def delete(run: Run) -> None:
    with transaction.atomic():
        thread = occupancy.lock([run.thread_id]).get(run.thread_id)
        held = Run.objects.select_for_update(no_key=True).filter(run_id=run.run_id).first()
        if held is None or thread is None:
            return
        if held.is_terminal:
            forget(held, thread)
        else:
            stop(held)


def stop(run: Run) -> None:
    """As if it had never been; where the application's checkpointer cannot undo it, the thread will show that."""
    held = (run.run_id, run.thread_id, run.token)
    ending = Ending(*held, RunStatus.INTERRUPTED, rollback=True, unseen=run.leaves_checkpoints)
    dispatch.announce(settle([ending]).queues)
    cancellation.conclude_on_commit([(run.run_id, run.epoch or 0, RunStatus.INTERRUPTED)])


def forget(run: Run, thread: Thread) -> None:
    """Its checkpoints go along, unless a run that is under way stands on them or later ones cannot do without."""
    last = Run.objects.of_thread(run.thread_id).latest("ended_at", "created_at").run_id == run.run_id
    Run.objects.filter(run_id=run.run_id).delete()
    if thread.status == ThreadStatus.BUSY or upkeep.needs_its_past(run.thread_id):
        return
    gone = upkeep.delete_of_run(run.thread_id, run.run_id)
    if last:
        occupancy.come_to_rest([Rest(run.thread_id, rest_before(thread.waits), outdated=bool(gone))])
