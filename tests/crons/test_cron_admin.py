"""Crons in the admin."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils.timezone import now

from crons import firing
from crons.admin import in_words
from crons.models import Cron, CronFiring
from runs.models import Run
from tests.crons.making import HOUR, make_cron
from tests.factories import make_assistant, make_thread
from tests.support.admin import no_static_folder, staff_client, text

pytestmark = [pytest.mark.django_db, no_static_folder]

LIST = "/admin/crons/cron/"
FIRING_LIST = "/admin/crons/cronfiring/"
EVIL = "<script>alert(1)</script>"
VIEW, CHANGE = "crons.view_cron", "crons.change_cron"
FIRINGS = "crons.view_cronfiring"


@pytest.fixture(autouse=True)
def _assistant() -> None:
    make_assistant()


def wish(action: str, *crons: Cron) -> dict[str, Any]:
    return {"action": action, "_selected_action": [str(cron.cron_id) for cron in crons]}


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("*/5 * * * *", "Every 5 minutes"),
        ("0 9 * * 1-5", "At 09:00 AM, Monday through Friday"),
        ("* * * * * */10", "Every 10 seconds"),
        ("0 0 L * *", "At 12:00 AM, on the last day of the month"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_schedule_in_words(expression: str, words: str) -> None:
    assert in_words(expression) == words


def test_the_list_and_the_page_tell_what_happens_next() -> None:
    cron = make_cron(schedule="0 9 * * *", timezone="Europe/Berlin", metadata={"name": EVIL}, late=-HOUR)
    client = staff_client(VIEW, FIRINGS)

    assert "At 09:00 AM" in text(client.get(LIST))
    page = text(client.get(f"{LIST}{cron.cron_id}/change/"))

    assert page.count("09:00:00 CE") == 5
    assert EVIL not in page


def test_a_page_shows_firings_and_why_one_was_skipped() -> None:
    cron = make_cron(thread=make_thread(status="busy"), body={"stream_mode": 7})
    firing.fire_due()

    page = text(staff_client(VIEW, FIRINGS).get(f"{LIST}{cron.cron_id}/change/"))

    assert "see the server&#x27;s log" in page


def test_late_and_skipped_firings_are_found() -> None:
    late, skipped, punctual = (make_cron() for _ in range(3))
    for cron, lag, reason in ((late, HOUR, ""), (skipped, HOUR * 0, "busy"), (punctual, HOUR * 0, "")):
        CronFiring.objects.create(cron=cron, instant=now(), lag=lag, reason=reason)
    client = staff_client(FIRINGS)

    for wanted, found in (("late", late), ("skipped", skipped)):
        shown = text(client.get(FIRING_LIST, {"outcome": wanted}))
        assert [each for each in (late, skipped, punctual) if str(each.pk) in shown] == [found]
    assert str(punctual.pk) in text(client.get(FIRING_LIST, {"q": str(punctual.pk)}))


def test_a_broken_cron_has_a_page() -> None:
    cron = make_cron(schedule="nonsense")

    assert "nonsense" in text(staff_client(VIEW).get(f"{LIST}{cron.cron_id}/change/"))


def test_run_now() -> None:
    cron = make_cron(late=-HOUR)

    staff_client(VIEW, CHANGE).post(LIST, wish("run_now", cron))

    assert CronFiring.objects.get().run_id == Run.objects.get().run_id
    assert LogEntry.objects.count() == 1


def test_switching_off_and_on() -> None:
    cron = make_cron()
    client = staff_client(VIEW, CHANGE)

    client.post(LIST, wish("disable", cron))
    cron.refresh_from_db()
    assert not cron.enabled

    client.post(LIST, wish("enable", cron))
    cron.refresh_from_db()
    assert cron.enabled
    assert cron.next_run_date is not None
    assert cron.next_run_date > now()


def test_who_may_only_look_cannot_run() -> None:
    cron = make_cron()

    staff_client(VIEW).post(LIST, wish("run_now", cron))

    assert not Run.objects.exists()
