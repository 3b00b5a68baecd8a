"""When a delivery is tried again: 5 seconds after the first failure, then ever more slowly, until the end. Pure."""

from datetime import datetime, timedelta
from random import uniform

FACTOR = 4
LONGEST = timedelta(hours=6)
JITTER = 0.2


def delay(tries: int, first: timedelta, *, jitter: float) -> timedelta:
    """After so many tries; `jitter` is from -1 to 1."""
    # Beyond this the longest is reached anyway, and the power would grow without end.
    exact = min(first * float(FACTOR ** min(tries - 1, 12)), LONGEST)
    return exact * (1 + JITTER * jitter)


def next_try(*, tries: int, first: timedelta, end: datetime, now: datetime) -> datetime | None:
    """The last one is at the end; None after that."""
    if now >= end:
        return None
    return min(now + delay(tries, first, jitter=uniform(-1, 1)), end)
