"""Where a run stands, in an operator's words: finer than its status, and by the database's clock."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, TextChoices, TextField, Value, When
from django.db.models.functions import Now

from runs.choices import RunStatus
from runs.models import Run


class Standing(TextChoices):
    #: Ready; the next free worker of its queue takes it.
    WAITING = "waiting"
    #: Ready for so long that workers are missing, or too few, or none takes its queue.
    LATE = "late"
    #: Other runs of its thread come first.
    BLOCKED = "blocked"
    #: Not due yet: its client delayed it, or it is tried again after a lost worker.
    SCHEDULED = "scheduled"
    #: A worker holds it and renews the lease.
    RUNNING = "running"
    #: Its worker has stopped renewing the lease; a sweeper will take it back.
    STUCK = "stuck"
    #: The terminal ones are the statuses of these names.
    SUCCESS = "success"
    ERROR = "error"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"


#: The status whose finer cases they are; the rows of a status are found on an index.
STATUS_OF: Mapping[str, str] = {
    Standing.WAITING: RunStatus.PENDING,
    Standing.LATE: RunStatus.PENDING,
    Standing.BLOCKED: RunStatus.PENDING,
    Standing.SCHEDULED: RunStatus.PENDING,
    Standing.STUCK: RunStatus.RUNNING,
}


#: A ready run that waits longer is late.
PATIENCE = timedelta(minutes=2)

#: Where somebody should look.
ALARMING = frozenset({Standing.LATE, Standing.STUCK, Standing.ERROR, Standing.TIMEOUT})


def ahead(run: Run) -> QuerySet[Run]:
    """The active runs that a pending one has to wait for, the next to end first."""
    own = {"thread_id": run.thread_id, "created_at": run.created_at, "run_id": run.run_id}
    runs = Run.objects.filter(running(own) | older(own)).exclude(run_id=run.run_id)
    return runs.order_by("-status", "created_at", "run_id")


def running(own: Mapping[str, Any]) -> Q:
    return Q(thread_id=own["thread_id"], status=RunStatus.RUNNING)


def older(own: Mapping[str, Any]) -> Q:
    """As `runs.lease` claims them."""
    earlier = Q(created_at__lt=own["created_at"]) | Q(created_at=own["created_at"], run_id__lt=own["run_id"])
    return Q(thread_id=own["thread_id"], status=RunStatus.PENDING) & earlier


OUTER = {name: OuterRef(name) for name in ("thread_id", "created_at", "run_id")}

#: An annotation of runs. The subqueries are for pending runs only: a CASE stops at its first match.
STANDING = Case(
    When(status=RunStatus.RUNNING, lease_until__lt=Now(), then=Value(Standing.STUCK)),
    When(~Q(status=RunStatus.PENDING), then=F("status")),
    When(due_at__gt=Now(), then=Value(Standing.SCHEDULED)),
    When(Exists(Run.objects.filter(running(OUTER))), then=Value(Standing.BLOCKED)),
    When(Exists(Run.objects.filter(older(OUTER))), then=Value(Standing.BLOCKED)),
    When(due_at__lt=Now() - PATIENCE, then=Value(Standing.LATE)),
    default=Value(Standing.WAITING),
    output_field=TextField(),
)
