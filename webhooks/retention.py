"""How long deliveries are kept after their end: `WEBHOOK_RETENTION`, 30 days by default; those not over stay."""

from django.conf import settings

from webhooks.models import Attempt, Delivery
from webhooks.querysets import DeliveryQuerySet

BATCH = 1000


def overdue() -> DeliveryQuerySet:
    return Delivery.objects.over_since(settings.WEBHOOK_RETENTION)


def forget() -> int:
    """A batch of them; the next sweep takes the next."""
    delivery_ids = list(overdue().order_by("ended_at").values_list("delivery_id", flat=True)[:BATCH])
    Attempt.objects.filter(delivery_id__in=delivery_ids).delete()
    deleted, _ = Delivery.objects.filter(delivery_id__in=delivery_ids).delete()
    return deleted
