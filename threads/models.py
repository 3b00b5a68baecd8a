"""A thread: a conversation's identity, its settled state, and whether it is busy."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now

from langgraph_server.documents import DocumentField
from langgraph_server.ids import uuid7
from threads.choices import ThreadStatus, TtlStrategy
from threads.querysets import ThreadQuerySet


class Thread(models.Model):
    thread_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    #: Any change.
    updated_at = models.DateTimeField(db_default=Now(), editable=False)
    #: Only changes of values or status, by runs or state updates.
    state_updated_at = models.DateTimeField(db_default=Now(), editable=False)
    metadata = models.JSONField(default=dict, db_default={})
    config = models.JSONField(default=dict, db_default={})
    status = models.TextField(choices=ThreadStatus, default=ThreadStatus.IDLE, db_default=ThreadStatus.IDLE)
    #: Channel values of the last checkpoint; null until there is one.
    values = DocumentField(null=True, blank=True)
    #: {"error": class name, "message": text} of the last run, if it failed or was cancelled.
    error = models.JSONField(null=True, blank=True)
    #: Task id → list of {"id", "value"}.
    interrupts = DocumentField(default=dict)
    #: The last checkpoint has next nodes, which a busy thread's status does not tell.
    waits = models.BooleanField(default=False, db_default=False)
    #: A run left checkpoints that this row does not show; a worker looks at them, not before this time.
    refresh_at = models.DateTimeField(null=True, blank=True, editable=False)
    #: Minutes without a change until `ttl_strategy` is applied; null: never.
    ttl_minutes = models.FloatField(null=True, blank=True)
    ttl_strategy = models.TextField(choices=TtlStrategy, null=True, blank=True)
    #: How soon its runs are claimed, from -5 to 5; null until the application's `Priority` has decided.
    priority = models.SmallIntegerField(null=True, blank=True)
    #: Made for one stateless run; not listed, deleted some time after the run's end.
    temporary = models.BooleanField(default=False, db_default=False)
    #: The epoch from which the event protocol counts (threads.origins).
    stream_origin = models.BigIntegerField(null=True, blank=True, editable=False)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index("updated_at", name="thread_updated", condition=models.Q(temporary=False)),
            models.Index("created_at", name="thread_created", condition=models.Q(temporary=False)),
            models.Index("state_updated_at", name="thread_state_updated", condition=models.Q(temporary=False)),
            models.Index("status", "updated_at", name="thread_status", condition=models.Q(temporary=False)),
            GinIndex(fields=["metadata"], name="thread_metadata", opclasses=["jsonb_path_ops"], fastupdate=False),
            models.Index("updated_at", name="thread_temporary", condition=models.Q(temporary=True)),
            models.Index("refresh_at", name="thread_refresh", condition=models.Q(refresh_at__isnull=False)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(status__in=ThreadStatus.values), name="thread_status_known"),
        ]

    def __str__(self) -> str:
        return str(self.thread_id)
