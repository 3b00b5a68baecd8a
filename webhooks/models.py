"""What a receiver is told, and each attempt to tell it: an outbox that knows nothing of what it reports about."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from langgraph_server.documents import DocumentField
from langgraph_server.ids import uuid7
from webhooks.choices import DeliveryState
from webhooks.querysets import DeliveryQuerySet

#: How long a receiver may be out of order.
PATIENCE = timedelta(hours=24)


class Delivery(models.Model):
    #: The receiver's `webhook-id`, the same at every attempt.
    delivery_id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    #: What it is about; no foreign key, the run may be gone when it is told.
    run_id = models.UUIDField(unique=True)
    url = models.TextField()
    #: All that is sent, but for the moment of sending.
    body = DocumentField()
    #: What the receiver asked to be sent with a body of its own protocol; null: the body is a webhook's.
    headers = models.JSONField(null=True, blank=True, editable=False)
    state = models.TextField(choices=DeliveryState, default=DeliveryState.PENDING, db_default=DeliveryState.PENDING)
    #: While an attempt is under way: when another worker may think it lost.
    next_try_at = models.DateTimeField(db_default=Now())
    #: Attempts begun; also what fences the verdict of an attempt that was thought lost.
    tries = models.PositiveIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    #: The last try is not later than this.
    give_up_at = models.DateTimeField(db_default=Now() + PATIENCE)
    #: When it was delivered or given up.
    ended_at = models.DateTimeField(null=True, blank=True)

    #: The database's clock when this attempt began; no column.
    taken_at: datetime | None = None

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes: ClassVar = [
            models.Index("next_try_at", name="delivery_due", condition=Q(state="pending")),
            models.Index("ended_at", name="delivery_over", condition=~Q(state="pending")),
            models.Index("created_at", name="delivery_created"),
            # What an operator looks for is rare; deliveries that arrive never touch it.
            models.Index("created_at", name="delivery_given_up", condition=Q(state="given_up")),
            models.Index("created_at", name="delivery_waiting", condition=Q(state="pending")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known")
        ]

    def __str__(self) -> str:
        return str(self.delivery_id)


class Attempt(models.Model):
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts")
    started_at = models.DateTimeField()
    duration = models.DurationField()
    #: Null if there was no answer.
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    #: The first 1 kB of what the receiver answered; operators alone see it.
    answer = models.TextField(default="", blank=True)
    #: Why there was no answer.
    error = models.TextField(default="", blank=True)

    def __str__(self) -> str:
        return f"{self.status_code or self.error} at {self.started_at:%Y-%m-%d %H:%M:%S}"
