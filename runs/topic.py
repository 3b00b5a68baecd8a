"""A thread, as far as its follower may see it: one that is hidden looks like one that is not there yet."""

from dataclasses import dataclass
from uuid import UUID

from langgraph_server.auth.filters import EVERYTHING, Filter
from runs.models import Run
from runs.querysets import RunQuerySet


@dataclass(frozen=True, slots=True)
class Topic:
    thread_id: UUID
    visible: Filter = EVERYTHING

    @property
    def runs(self) -> RunQuerySet:
        return Run.objects.of_thread(self.thread_id).visible(self.visible)
