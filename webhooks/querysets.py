"""The reading vocabulary of deliveries."""

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet
from django.db.models.functions import Now

from webhooks.choices import DeliveryState

if TYPE_CHECKING:
    # The model is made with this queryset.
    from webhooks.models import Delivery  # noqa: F401 - ruff does not look into QuerySet["Delivery"]


class DeliveryQuerySet(QuerySet["Delivery"]):
    def due(self) -> Self:
        return self.filter(state=DeliveryState.PENDING, next_try_at__lte=Now())

    def over_since(self, interval: timedelta) -> Self:
        """Delivered or given up at least so long ago."""
        return self.exclude(state=DeliveryState.PENDING).filter(ended_at__lt=Now() - interval)
