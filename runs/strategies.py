"""What a new run does to those of its thread that are active, whose lock is held (`multitask_strategy`)."""

from collections.abc import Callable, Mapping

from runs import cancellation
from runs.choices import CancelAction, MultitaskStrategy
from runs.errors import ThreadBusy
from runs.models import Run
from runs.querysets import RunQuerySet


def reject(run: Run) -> None:
    if active(run).exists():
        raise ThreadBusy


def enqueue(run: Run) -> None:
    """The claim takes a thread's oldest run first; there is nothing to do."""


def interrupt(run: Run) -> None:
    supersede(run, CancelAction.INTERRUPT)


def rollback(run: Run) -> None:
    supersede(run, CancelAction.ROLLBACK)


def supersede(run: Run, action: CancelAction) -> None:
    reason = cancellation.SUPERSEDED.format(run_id=run.run_id, strategy=action)
    others = active(run).values_list("run_id", flat=True)
    cancellation.cancel(list(others), action=action, reason=reason)


def active(run: Run) -> RunQuerySet:
    return Run.objects.active().of_thread(run.thread_id)


STRATEGIES: Mapping[MultitaskStrategy, Callable[[Run], None]] = {
    MultitaskStrategy.REJECT: reject,
    MultitaskStrategy.ENQUEUE: enqueue,
    MultitaskStrategy.INTERRUPT: interrupt,
    MultitaskStrategy.ROLLBACK: rollback,
}
