"""A run: one execution of a graph, from admission to its end; and the events that a resumable run keeps."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from assistants.models import Assistant
from langgraph_server.documents import DocumentField
from langgraph_server.ids import uuid7
from runs.choices import CancelAction, MultitaskStrategy, RunStatus
from runs.querysets import RunQuerySet
from runs.records import Attempt, Minute, TimelinePart, Worker  # noqa: F401 - Django looks for models here
from threads.models import Thread


class Run(models.Model):
    run_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The constraint is in the migration: it cascades in the database, so that deleting a thread reads no rows.
    thread = models.ForeignKey(Thread, models.DO_NOTHING, related_name="runs", db_index=False, db_constraint=False)
    # Threads and their runs outlive a deleted assistant.
    assistant = models.ForeignKey(
        Assistant, models.DO_NOTHING, related_name="runs", db_constraint=False, db_index=False
    )
    #: The version that it was at when the run was admitted; null: from before this was written down.
    assistant_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    graph_id = models.TextField()
    status = models.TextField(choices=RunStatus, default=RunStatus.PENDING)
    metadata = models.JSONField(default=dict)
    #: What was asked, merged and normalised once: the wire's `kwargs` (runs.requests.RunRequest).
    kwargs = DocumentField(default=dict)
    multitask_strategy = models.TextField(choices=MultitaskStrategy, default=MultitaskStrategy.ENQUEUE)
    #: Also the place in the thread's queue; in the future for a delayed run.
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(db_default=Now())

    #: The Celery queue whose workers may claim it.
    queue = models.TextField(default="default")
    #: Its thread's when it was admitted: -5 is claimed first, 5 last.
    priority = models.SmallIntegerField(default=0, db_default=0)
    #: Not claimed before: `created_at`, or later when a lost attempt is repeated.
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    #: Claims so far, less those that a drain or our own database gave back.
    attempt = models.PositiveIntegerField(default=0)
    #: Attempts lost in a row without a new checkpoint.
    crashes = models.PositiveIntegerField(default=0)
    #: Those of them that no other run can have caused: the worker held nothing else.
    charges = models.PositiveIntegerField(default=0, db_default=0)
    #: The worker process that lost it last.
    lost_by = models.UUIDField(null=True, blank=True, editable=False)
    #: Supersteps committed when an attempt was last lost.
    progress = models.PositiveIntegerField(default=0)
    #: The fence: grows with each claim and reclaim; writes of an older token are refused.
    token = models.BigIntegerField(default=0)
    #: The worker process that holds the lease.
    owner = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    #: First half of the run's event ids; assigned at the first claim, grows along a thread's runs.
    epoch = models.BigIntegerField(null=True, blank=True)

    #: A client's own name for the request that made it: repeated, it finds this run again.
    idempotency_key = models.TextField(null=True, blank=True, editable=False)

    #: A receiver that is told of its end in another protocol than our webhooks', and the secrets it asked for.
    push = models.JSONField(null=True, blank=True, editable=False)

    #: The wish to stop it, written before anyone is told.
    cancel_action = models.TextField(choices=CancelAction, null=True, blank=True)
    cancel_reason = models.TextField(default="", blank=True)
    #: {"error": class name, "message": text}
    error = models.JSONField(null=True, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("thread", "created_at", name="run_thread"),
            models.Index("queue", "priority", "created_at", "run_id", name="run_next", condition=Q(status="pending")),
            models.Index("thread", "created_at", "run_id", name="run_waiting", condition=Q(status="pending")),
            models.Index("created_at", name="run_created"),
            # One of many graphs, however rarely it runs, in the admin.
            models.Index("graph_id", "created_at", name="run_graph"),
            # The runs that began an agent's task; others never touch it.
            models.Index(
                "assistant", "created_at", name="run_task", condition=Q(metadata__a2a__has_key="task_start_id")
            ),
            models.Index("lost_by", name="run_lost_by", condition=Q(lost_by__isnull=False)),
            # What an operator looks for is rare; runs that go well never touch it.
            models.Index("created_at", name="run_failed", condition=Q(status__in=["error", "timeout", "interrupted"])),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint("thread", name="one_running_run_a_thread", condition=Q(status="running")),
            models.UniqueConstraint(
                "idempotency_key", name="one_run_a_key", condition=Q(idempotency_key__isnull=False)
            ),
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="run_status_known"),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(owner__isnull=False, lease_until__isnull=False),
                name="running_run_has_a_lease",
            ),
            # By that the fence knows it (langgraph_server.checkpoints.fence).
            models.CheckConstraint(
                condition=Q(status="running") | Q(owner__isnull=True), name="only_running_run_has_owner"
            ),
        ]

    def __str__(self) -> str:
        return str(self.run_id)

    @property
    def is_terminal(self) -> bool:
        return self.status in RunStatus.TERMINAL

    @property
    def is_resumable(self) -> bool:
        return bool(self.kwargs.get("resumable"))

    @property
    def leaves_checkpoints(self) -> bool:
        return self.epoch is not None and not self.kwargs.get("temporary")

    def final_seq(self) -> int | None:
        """Where a resumable run's final event goes, after all that its workers kept; None if nothing is kept."""
        if not self.is_resumable:
            return None
        return (self.events.aggregate(last=models.Max("seq"))["last"] or 0) + 1

    @property
    def duration(self) -> timedelta | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.started_at


class RunEvent(models.Model):
    """One event of a resumable run, kept until `STREAM_RETENTION` after the run's end."""

    pk = models.CompositePrimaryKey("run", "seq")
    run = models.ForeignKey(Run, models.DO_NOTHING, related_name="events", db_index=False, db_constraint=False)
    #: Without gaps from 1, over all attempts.
    seq = models.PositiveIntegerField()
    event = models.TextField()
    #: The event's JSON, byte for byte as it was streamed.
    data = models.TextField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.seq} {self.event}"
