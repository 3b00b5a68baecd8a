"""Between two ticks of the clock: crons fire at their moment, not at the next tick, and old firings are forgotten."""

import time
from datetime import timedelta

from django.conf import settings

from crons import firing, retention
from crons.models import Cron
from langgraph_server.clock import database_clock

#: Seconds before somebody else's cron is looked at again.
LEAST = 0.2


def fire_until_next_tick() -> None:
    """Fires what is due, and waits for what falls due before the clock ticks again. A tick more does no harm."""
    end = time.monotonic() + settings.TICK.total_seconds()
    retention.forget()
    while True:
        firing.fire_due()
        wait = seconds_until_next()
        if wait is None or time.monotonic() + wait >= end:
            return
        time.sleep(wait)


def seconds_until_next() -> float | None:
    """By the database's clock; a cron that stays due is in somebody else's hands for now."""
    coming = Cron.objects.next_due_date()
    if coming is None:
        return None
    return max((coming - database_clock()) / timedelta(seconds=1), LEAST)
