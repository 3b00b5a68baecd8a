"""The words for how a delivery stands."""

from django.db.models import TextChoices


class DeliveryState(TextChoices):
    #: Not accepted yet; `next_try_at` says when it is due.
    PENDING = "pending"
    #: The receiver answered with a 2xx.
    DELIVERED = "delivered"
    #: The receiver refused for good, the destination is not allowed, or a day of tries is over.
    GIVEN_UP = "given_up"
