"""When a schedule is due, as instants. Pure.

A schedule is written in local time, and each local time it names is one occurrence: one that the clocks skip falls
on the next instant that exists, one that they repeat falls on its first. What must go on at an even pace through a
change of the clocks is written in UTC, the default.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from croniter.croniter import CroniterError

from crons.errors import InvalidSchedule, InvalidTimezone

SECOND = timedelta(seconds=1)
#: croniter would take these for "hashed" and "random": an occurrence must be the same for everybody who asks.
UNSTABLE = re.compile(r"\b[hr]\b", re.IGNORECASE)
FIELDS = {5, 6}


def check(schedule: str, timezone: str | None) -> None:
    zone_of(timezone)
    following(schedule, timezone, datetime(2024, 1, 1, tzinfo=UTC))


def following(schedule: str, timezone: str | None, after: datetime) -> datetime:
    """The first occurrence after that instant."""
    zone = zone_of(timezone)
    occurrences = parsed(schedule, wall_clock(after, zone))
    while (found := instant(step(occurrences, schedule, forward=True), zone)) <= after:
        continue
    return found


def latest(schedule: str, timezone: str | None, until: datetime) -> datetime:
    """The last occurrence up to and with that instant."""
    zone = zone_of(timezone)
    occurrences = parsed(schedule, last_reached(until, zone) + SECOND)
    while (found := instant(step(occurrences, schedule, forward=False), zone)) > until:
        continue
    return found


def zone_of(timezone: str | None) -> ZoneInfo:
    try:
        return ZoneInfo("UTC" if timezone is None else timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidTimezone(timezone=timezone) from None


def parsed(schedule: str, start: datetime) -> croniter:
    """5 fields, or 6 with the seconds last, or an alias like @daily."""
    try:
        occurrences = croniter(schedule, start)
    except (CroniterError, ValueError, KeyError, IndexError, AttributeError):
        raise InvalidSchedule(schedule=schedule) from None
    if len(occurrences.expanded) not in FIELDS or UNSTABLE.search(schedule):
        raise InvalidSchedule(schedule=schedule)
    return occurrences


def step(occurrences: croniter, schedule: str, *, forward: bool) -> datetime:
    """To the neighbouring local time; a schedule like the 30th of February has none."""
    try:
        found: datetime = occurrences.get_next(datetime) if forward else occurrences.get_prev(datetime)
    except (CroniterError, ValueError, OverflowError):
        raise InvalidSchedule(schedule=schedule) from None
    return found


def wall_clock(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(microsecond=0, tzinfo=None, fold=0)


def last_reached(at: datetime, zone: ZoneInfo) -> datetime:
    """The latest local time that the clock has shown by then: while an hour repeats, that is beyond its end."""
    local = at.astimezone(zone)
    return wall_clock(at, zone) + (offset(local.replace(fold=0)) - offset(local))


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """Of a local time: of its first showing if there are two, the end of the gap if there is none."""
    first = local.replace(tzinfo=zone, fold=0)
    gap = offset(first.replace(fold=1)) - offset(first)
    return end_of_gap(first.astimezone(UTC), zone, gap) if gap > timedelta(0) else first.astimezone(UTC)


def offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta(0)


def end_of_gap(inside: datetime, zone: ZoneInfo, length: timedelta) -> datetime:
    """The change is within the gap's length of what the skipped time would have been, to the second."""
    low, high = inside - length, inside
    before = offset(low.astimezone(zone))
    while high - low > SECOND:
        middle = low + (high - low) // 2
        low, high = (middle, high) if offset(middle.astimezone(zone)) == before else (low, middle)
    return high.replace(microsecond=0)
