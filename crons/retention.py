"""How long firings are kept: `CRON_RETENTION`, 30 days by default. Their runs have a life of their own."""

from django.conf import settings

from crons.models import CronFiring
from crons.querysets import CronFiringQuerySet

BATCH = 1000


def overdue() -> CronFiringQuerySet:
    return CronFiring.objects.older_than(settings.CRON_RETENTION)


def forget() -> int:
    """A batch of them; the next tick takes the next."""
    old = list(overdue().order_by("fired_at").values_list("pk", flat=True)[:BATCH])
    return CronFiring.objects.filter(pk__in=old)._raw_delete("default")
