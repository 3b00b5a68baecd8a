"""A thread, as far as its follower may see it: one that is hidden looks like one that is not there yet."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Max

from langgraph_server.auth.filters import EVERYTHING, Filter
from runs.choices import RunStatus
from runs.models import Run
from runs.querysets import RunQuerySet


@dataclass(frozen=True, slots=True)
class Topic:
    thread_id: UUID
    visible: Filter = EVERYTHING

    @property
    def runs(self) -> RunQuerySet:
        return Run.objects.of_thread(self.thread_id).visible(self.visible)

    def past(self) -> int:
        """The epoch of the last run that is over: whoever begins to follow now hears of all that began later, however
        soon it ends.
        """
        over = self.runs.filter(status__in=RunStatus.TERMINAL)
        return over.aggregate(last=Max("epoch"))["last"] or 0
