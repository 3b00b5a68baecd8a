"""A worker's own clock: crons fire at their moment, though no beat ticks and no broker answers."""

import logging
import time
from datetime import timedelta

from django.conf import settings

from crons import firing, retention
from crons.models import Cron
from langgraph_server.clock import database_clock
from langgraph_server.errors import Unavailable
from langgraph_server.rows import reach

logger = logging.getLogger(__name__)

#: Seconds before somebody else's cron is looked at again.
LEAST = 0.2


def tick_forever() -> None:
    while True:
        try:
            wait = reach(tick)
        except Unavailable as error:
            logger.warning("no crons fired", extra={"error": str(error.__cause__)})
            wait = settings.TICK
        time.sleep(wait.total_seconds())


def tick() -> timedelta:
    """Fires what is due, and tells when to look again: by the database's clock, and before long for crons made since.

    Any number of workers look at the same moment; a cron that stays due is in somebody else's hands for now.
    """
    retention.forget()
    firing.fire_due()
    coming = Cron.objects.next_due_date()
    if coming is None:
        return settings.TICK
    return min(max(coming - database_clock(), timedelta(seconds=LEAST)), settings.TICK)
