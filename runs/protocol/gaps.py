"""Whether a follower that comes back has missed something that is kept no longer."""

from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from runs.choices import RunStatus
from runs.models import Run, RunEvent
from runs.protocol.envelopes import STRIDE, epoch_of
from runs.protocol.following import origin_of


def gap(thread_id: UUID, since: int) -> int | None:
    """The first number there is to tell, if what came before it may have been more than the follower has seen."""
    origin = origin_of(thread_id)
    if origin is None or since == 0:
        return None
    kept = Q(Exists(RunEvent.objects.filter(run=OuterRef("run_id"))))
    runs = Run.objects.of_thread(thread_id).filter(epoch__gte=epoch_of(origin, since)).order_by("epoch")
    lost = runs.filter(~kept, status__in=RunStatus.TERMINAL, kwargs__resumable=True).last()
    if lost is None:
        return None
    return ((lost.epoch or 0) + 1 - origin) * STRIDE + 1
