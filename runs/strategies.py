"""What a new run does to those of its thread that are active, whose lock is held (`multitask_strategy`)."""

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from runs import cancellation
from runs.choices import CancelAction, MultitaskStrategy
from runs.errors import ThreadBusy
from runs.models import Run
from runs.querysets import RunQuerySet


def lock_met(thread_ids: Iterable[UUID]) -> None:
    """All that is active on these threads, by id: that is the order of the locks of whoever locks several runs, where
    one thread after another would be another.
    """
    met = Run.objects.active().select_for_update(no_key=True, of=("self",)).filter(thread_id__in=thread_ids)
    list(met.order_by("run_id").values_list("run_id"))


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
#: Those that act on other runs.
SUPERSEDING = frozenset({MultitaskStrategy.INTERRUPT, MultitaskStrategy.ROLLBACK})
