"""Which runs of a thread there are to tell of, in the order in which they began."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q

from langgraph_server.encryption.documents import here, opened
from runs.choices import RunStatus, is_event_streaming
from runs.lines import Story
from runs.models import Run, RunEvent
from runs.protocol.envelopes import epoch_of
from runs.protocol.telling import End, Teller
from runs.streaming import Followed
from runs.topic import Topic
from threads import origins

#: Runs looked up at once.
PAGE = 20
#: After every epoch.
LAST = 2**62


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that has been claimed, and so has an epoch."""

    run: Followed
    epoch: int
    origin: int
    graph_id: str
    status: str
    #: Started by the protocol.
    is_native: bool
    #: Its events are in Postgres.
    is_kept: bool
    began_at: datetime | None
    end: End

    @property
    def teller(self) -> Teller:
        story = Story(self.run.run_id, self.graph_id)
        return Teller(
            story,
            epoch=self.epoch,
            origin=self.origin,
            is_native=self.is_native,
            began_at=self.began_at,
            end=self.end,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Which runs of a thread come next."""

    topic: Topic
    #: The last run told.
    after: int = 0
    #: The last run that was over when the follower came: of those up to it only what is kept is told.
    past: int = LAST
    #: The number that the follower had come to before, if it had.
    since: int = 0
    #: The thread's, once a run has begun.
    origin: int | None = None


def begun_runs(place: Place) -> list[Begun]:
    """In the order of their epochs."""
    origin = place.origin if place.origin is not None else origin_of(place.topic)
    if origin is None:
        return []
    found = place.topic.runs.filter(epoch__gt=place.after)
    found = found.annotate(is_kept=Exists(RunEvent.objects.filter(run=OuterRef("run_id"))))
    if place.since:
        found = found.filter(epoch__gte=epoch_of(origin, place.since))
    else:
        found = found.filter(Q(is_kept=True) | Q(epoch__gt=place.past) | Q(status__in=RunStatus.ACTIVE))
    return [begun(run, origin) for run in found.order_by("epoch")[:PAGE]]


def origin_of(topic: Topic) -> int | None:
    """None while no run of the thread has begun."""
    first = topic.runs.aggregate(first=Min("epoch"))["first"]
    return None if first is None else origins.settle(topic.thread_id, first)


def begun(run: Run, origin: int) -> Begun:
    return Begun(
        run=Followed.of(run, attended=True),
        epoch=run.epoch or 0,
        origin=origin,
        graph_id=run.graph_id,
        status=run.status,
        is_native=is_event_streaming(run.kwargs),
        is_kept=bool(getattr(run, "is_kept", False)),
        began_at=run.started_at,
        end=end(run),
    )


def end_of(run_id: UUID) -> End:
    run = Run.objects.filter(run_id=run_id).only("ended_at", "error").first()
    return end(run) if run else End()


def end(run: Run) -> End:
    if not run.error:
        return End(run.ended_at)
    error = here(opened("run", "error", run.error))
    return End(run.ended_at, str(error.get("message") or error.get("error")))
