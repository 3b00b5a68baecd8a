"""When schedules are due: what is accepted, and what happens when the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crons.errors import InvalidSchedule, InvalidTimezone
from crons.schedule import check, following, latest

NEW_YORK = "America/New_York"  # 2026: 8 March 2→3 at 07:00Z, 1 November 2→1 at 06:00Z
BERLIN = "Europe/Berlin"  # 2026: 29 March 2→3 and 25 October 3→2, both at 01:00Z
LORD_HOWE = "Australia/Lord_Howe"  # half an hour; 2026: 4 April 15:00Z back, 3 October 15:30Z forward
SAO_PAULO = "America/Sao_Paulo"  # at midnight; 18 February 2018 02:00Z back, 4 November 2018 03:00Z forward
CAIRO = "Africa/Cairo"  # at midnight; 2026: 23 April 22:00Z forward, 29 October 21:00Z back
APIA = "Pacific/Apia"  # the 30th of December 2011 does not exist: at 10:00Z the 29th becomes the 31st

#: zone, schedule, after, the occurrences that follow
TABLE = [
    # spring forward: what is skipped falls on the end of the gap, once
    (NEW_YORK, "30 2 * * *", "2026-03-07T08:00", ["2026-03-08T07:00", "2026-03-09T06:30"]),
    (NEW_YORK, "0 2 * * *", "2026-03-08T06:00", ["2026-03-08T07:00", "2026-03-09T06:00"]),
    (NEW_YORK, "59 2 * * *", "2026-03-08T06:00", ["2026-03-08T07:00", "2026-03-09T06:59"]),
    (NEW_YORK, "0 3 * * *", "2026-03-08T06:00", ["2026-03-08T07:00", "2026-03-09T07:00"]),
    (NEW_YORK, "59 1 * * *", "2026-03-08T06:00", ["2026-03-08T06:59", "2026-03-09T05:59"]),
    (NEW_YORK, "*/20 2 * * *", "2026-03-08T06:00", ["2026-03-08T07:00", "2026-03-09T06:00"]),
    (NEW_YORK, "0 * * * *", "2026-03-08T05:30", ["2026-03-08T06:00", "2026-03-08T07:00", "2026-03-08T08:00"]),
    (NEW_YORK, "*/30 * * * *", "2026-03-08T06:20", ["2026-03-08T06:30", "2026-03-08T07:00", "2026-03-08T07:30"]),
    (NEW_YORK, "30 2 8 3 *", "2026-03-08T06:00", ["2026-03-08T07:00", "2027-03-08T07:30"]),
    (NEW_YORK, "30 2 * * sun", "2026-03-02T00:00", ["2026-03-08T07:00", "2026-03-15T06:30"]),
    (BERLIN, "30 2 * * *", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
    (BERLIN, "15,45 2 * * *", "2026-03-29T00:00", ["2026-03-29T01:00", "2026-03-30T00:15"]),
    (BERLIN, "0 12 * * *", "2026-03-28T12:00", ["2026-03-29T10:00", "2026-03-30T10:00"]),
    (LORD_HOWE, "15 2 * * *", "2026-10-03T12:00", ["2026-10-03T15:30", "2026-10-04T15:15"]),
    (LORD_HOWE, "30 2 * * *", "2026-10-03T12:00", ["2026-10-03T15:30", "2026-10-04T15:30"]),
    (LORD_HOWE, "*/15 * * * *", "2026-10-03T15:10", ["2026-10-03T15:15", "2026-10-03T15:30", "2026-10-03T15:45"]),
    (SAO_PAULO, "0 0 * * *", "2018-11-03T12:00", ["2018-11-04T03:00", "2018-11-05T02:00"]),
    (SAO_PAULO, "30 0 * * *", "2018-11-03T12:00", ["2018-11-04T03:00", "2018-11-05T02:30"]),
    (SAO_PAULO, "@daily", "2018-11-03T12:00", ["2018-11-04T03:00", "2018-11-05T02:00"]),
    (CAIRO, "0 0 * * *", "2026-04-23T12:00", ["2026-04-23T22:00", "2026-04-24T21:00"]),
    (CAIRO, "30 0 * * fri", "2026-04-22T12:00", ["2026-04-23T22:00", "2026-04-30T21:30"]),
    (APIA, "0 9 * * *", "2011-12-29T12:00", ["2011-12-29T19:00", "2011-12-30T10:00", "2011-12-30T19:00"]),
    (APIA, "0 9,15 30 12 *", "2011-12-29T12:00", ["2011-12-30T10:00", "2012-12-29T19:00"]),
    # fall back: what comes twice is fired the first time
    (NEW_YORK, "30 1 * * *", "2026-10-31T12:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
    (NEW_YORK, "30 1 * * *", "2026-11-01T05:45", ["2026-11-02T06:30"]),
    (NEW_YORK, "30 1 * * *", "2026-11-01T06:10", ["2026-11-02T06:30"]),
    (NEW_YORK, "0 1 * * *", "2026-11-01T04:00", ["2026-11-01T05:00", "2026-11-02T06:00"]),
    (NEW_YORK, "0 2 * * *", "2026-11-01T05:30", ["2026-11-01T07:00", "2026-11-02T07:00"]),
    (NEW_YORK, "59 0 * * *", "2026-11-01T04:00", ["2026-11-01T04:59", "2026-11-02T05:59"]),
    (NEW_YORK, "*/30 * * * *", "2026-11-01T05:10", ["2026-11-01T05:30", "2026-11-01T07:00", "2026-11-01T07:30"]),
    (NEW_YORK, "0 * * * *", "2026-11-01T04:30", ["2026-11-01T05:00", "2026-11-01T07:00"]),
    (BERLIN, "30 2 * * *", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
    (BERLIN, "0 3 * * *", "2026-10-24T12:00", ["2026-10-25T02:00", "2026-10-26T02:00"]),
    (LORD_HOWE, "45 1 * * *", "2026-04-04T12:00", ["2026-04-04T14:45", "2026-04-05T15:15"]),
    (LORD_HOWE, "15 1 * * *", "2026-04-04T12:00", ["2026-04-04T14:15", "2026-04-05T14:45"]),
    (SAO_PAULO, "30 23 * * *", "2018-02-17T12:00", ["2018-02-18T01:30", "2018-02-19T02:30"]),
    (CAIRO, "30 23 * * *", "2026-10-29T12:00", ["2026-10-29T20:30", "2026-10-30T21:30"]),
    (CAIRO, "0 0 * * *", "2026-10-29T12:00", ["2026-10-29T22:00", "2026-10-30T22:00"]),
    # what goes on at an even pace is written in UTC
    (None, "*/30 * * * *", "2026-11-01T05:10", ["2026-11-01T05:30", "2026-11-01T06:00", "2026-11-01T06:30"]),
    ("UTC", "30 2 * * *", "2026-03-08T00:00", ["2026-03-08T02:30", "2026-03-09T02:30"]),
]
ZONES = [NEW_YORK, BERLIN, LORD_HOWE, SAO_PAULO, CAIRO, APIA, "UTC", "Asia/Kolkata"]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "schedule", "after", "expected"), TABLE)
def test_when_the_clocks_change(zone: str | None, schedule: str, after: str, expected: list[str]) -> None:
    found = [at(after)]
    for _ in expected:
        found.append(following(schedule, zone, found[-1]))

    assert found[1:] == [at(text) for text in expected]


@pytest.mark.parametrize(("zone", "schedule", "after", "expected"), TABLE)
def test_the_latest_occurrence_is_the_one_that_was_last_due(
    zone: str | None, schedule: str, after: str, expected: list[str]
) -> None:
    ends = [*map(at, expected[1:]), following(schedule, zone, at(expected[-1]))]
    for text, end in zip(expected, ends, strict=True):
        assert latest(schedule, zone, at(text)) == at(text)
        assert latest(schedule, zone, end - timedelta(microseconds=1)) == at(text)


numbers = st.integers
schedules = st.one_of(
    st.builds("{} {} * * *".format, numbers(0, 59), numbers(0, 23)),
    st.builds("*/{} * * * *".format, numbers(1, 59)),
    st.builds("{} */{} * * *".format, numbers(0, 59), numbers(1, 12)),
    st.builds("{} {} * * {}".format, numbers(0, 59), numbers(0, 23), numbers(0, 6)),
    st.builds("{} {} {} * *".format, numbers(0, 59), numbers(0, 23), numbers(1, 28)),
)
moments = st.datetimes(datetime(2011, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - given one


@given(schedules, st.sampled_from(ZONES), moments)
def test_nothing_lies_between_an_occurrence_and_the_one_that_follows(
    schedule: str, zone: str, moment: datetime
) -> None:
    coming = following(schedule, zone, moment)

    assert coming > moment
    assert latest(schedule, zone, moment) <= moment
    assert latest(schedule, zone, coming) == coming
    assert following(schedule, zone, latest(schedule, zone, moment)) == coming
    assert latest(schedule, zone, coming - timedelta(microseconds=1)) <= moment


@given(numbers(0, 59), numbers(0, 23), st.sampled_from(ZONES[:5]), st.dates(date(2017, 1, 1), date(2030, 1, 1)))
def test_a_daily_cron_fires_once_a_day_of_its_own_calendar(minute: int, hour: int, zone: str, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    fired, end = [noon], noon + timedelta(days=10)
    while fired[-1] < end:
        fired.append(following(f"{minute} {hour} * * *", zone, fired[-1]))

    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in fired[1:]]
    assert days == [days[0] + timedelta(days=place) for place in range(len(days))]


@pytest.mark.parametrize(
    "schedule",
    ["*/5 * * * *", "0 0 1 1 *", "0 0 29 2 *", "0 9 * * mon-fri", "0 0 L * *", "@daily", "@hourly", "* * * * * */10"],
)
def test_schedules_of_five_and_six_fields_and_aliases_are_accepted(schedule: str) -> None:
    check(schedule, None)


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "bogus",
        "* * * *",
        "0 0 1 1 * 0 2030",
        "61 * * * *",
        "0 24 * * *",
        "*/0 * * * *",
        "@reboot",
        "R R * * *",
        "H * * * *",
        "0 0 30 2 *",
        "\x00 * * * *",
        "1-" * 100,
    ],
)
def test_other_schedules_are_refused(schedule: str) -> None:
    with pytest.raises(InvalidSchedule):
        check(schedule, None)


@pytest.mark.parametrize("zone", ["Mars/X", "", "../etc/passwd", "America", "\x00", "x" * 5000])
def test_unknown_zones_are_refused(zone: str) -> None:
    with pytest.raises(InvalidTimezone):
        check("* * * * *", zone)


def test_the_sixth_field_is_the_seconds() -> None:
    moment = at("2026-01-01T00:00:03")

    assert following("* * * * * */10", None, moment) == at("2026-01-01T00:00:10")
    assert latest("* * * * * *", None, moment + timedelta(milliseconds=500)) == moment
