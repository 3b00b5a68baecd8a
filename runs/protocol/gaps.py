"""Whether a follower that comes back has missed something that is kept no longer."""

from django.db.models import Exists, OuterRef, Q

from langgraph_server.streams.events import EventId
from runs.choices import RunStatus
from runs.models import RunEvent
from runs.protocol.begun import origin_of
from runs.protocol.envelopes import epoch_of, number
from runs.topic import Topic


def gap(topic: Topic, since: int) -> int | None:
    """The first number there is to tell, if what came before it may have been more than the follower has seen."""
    origin = origin_of(topic)
    if origin is None or since == 0:
        return None
    kept = Q(Exists(RunEvent.objects.filter(run=OuterRef("run_id"))))
    runs = topic.runs.filter(epoch__gte=epoch_of(origin, since))
    lost = [run.epoch or 0 for run in runs.filter(~kept, status__in=RunStatus.TERMINAL) if run.is_resumable]
    return number(origin, EventId(max(lost) + 1, 1)) if lost else None
