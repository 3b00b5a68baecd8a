"""Who delivers: due deliveries are taken by one worker at a time, and only that one's verdict is written."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from langgraph_server.clock import database_clock
from webhooks.choices import DeliveryState
from webhooks.delivery import Answer, Verdict
from webhooks.models import PATIENCE as GIVE_UP_AFTER
from webhooks.models import Attempt, Delivery

#: Longer than any attempt takes: whose worker is lost by then is due again.
PATIENCE = timedelta(seconds=60)


def take(limit: int) -> list[Delivery]:
    """The due deliveries that nobody else has in hand, each with this attempt counted."""
    with transaction.atomic():
        due = Delivery.objects.due().select_for_update(no_key=True, skip_locked=True).order_by("next_try_at")
        taken = list(due[:limit])
        mine = Delivery.objects.filter(delivery_id__in=[delivery.delivery_id for delivery in taken])
        mine.update(tries=F("tries") + 1, next_try_at=Now() + PATIENCE)
    taken_at = database_clock() if taken else None
    for delivery in taken:
        delivery.tries += 1
        delivery.taken_at = taken_at
    return taken


def conclude(delivery: Delivery, answer: Answer, verdict: Verdict) -> bool:
    """False: the attempt took so long that somebody else has begun another one, whose verdict counts."""
    with transaction.atomic():
        Attempt.objects.create(
            delivery=delivery,
            started_at=answer.started_at,
            duration=answer.duration,
            status_code=answer.status_code,
            answer=answer.excerpt,
            error=answer.error,
        )
        mine = Delivery.objects.filter(delivery_id=delivery.delivery_id, tries=delivery.tries)
        pending = mine.filter(state=DeliveryState.PENDING)
        if verdict.next_try_at:
            return bool(pending.update(next_try_at=verdict.next_try_at))
        return bool(pending.update(state=verdict.state, ended_at=Now()))


def redeliver(delivery_ids: Iterable[UUID]) -> int:
    """Due again at once, with another day of tries; one that is under way is left alone."""
    over = Delivery.objects.filter(delivery_id__in=delivery_ids).exclude(state=DeliveryState.PENDING)
    return over.update(state=DeliveryState.PENDING, next_try_at=Now(), give_up_at=Now() + GIVE_UP_AFTER, ended_at=None)
