"""Crons fire once an instant, whatever happens around them."""

import re
import time
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.utils.timezone import now
from pytest_django import Settings

from crons import firing, retention, ticking
from crons.models import Cron, CronFiring
from runs.models import Run
from tests.crons.making import HOUR, make_cron
from tests.factories import make_assistant, make_run, make_thread
from tests.runs.racing import race
from threads import lifecycle
from threads.models import Thread

pytestmark = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _assistant() -> None:
    make_assistant()


def test_a_due_cron_admits_a_run_and_moves_on() -> None:
    cron = make_cron(metadata={"team": "a", "kind": "cron"}, body={"metadata": {"kind": "body"}})

    assert firing.fire_due() == 1

    run = Run.objects.get()
    assert (run.status, run.kwargs["input"]) == ("pending", {"said": "hi"})
    assert run.kwargs["config"]["configurable"]["cron_id"] == str(cron.cron_id)
    assert (run.metadata["team"], run.metadata["kind"]) == ("a", "body")
    fired = CronFiring.objects.get()
    assert (fired.run_id, fired.reason) == (run.run_id, "")
    cron.refresh_from_db()
    assert cron.next_run_date
    assert cron.next_run_date > now()


def test_what_is_not_due_does_not_fire() -> None:
    make_cron(late=-HOUR)
    make_cron(enabled=False)
    make_cron(next_run_date=None)

    assert firing.fire_due() == 0


def test_after_a_downtime_only_the_latest_missed_occurrence_is_made_up() -> None:
    cron = make_cron(schedule="0 * * * *", late=30 * HOUR)

    firing.fire_due()
    firing.fire_due()

    fired = CronFiring.objects.get()
    assert fired.instant == now().replace(minute=0, second=0, microsecond=0)
    cron.refresh_from_db()
    assert cron.next_run_date == fired.instant + HOUR
    assert timedelta(0) <= fired.lag < HOUR


def test_a_cron_that_has_ended_fires_no_more_and_is_not_looked_at_again() -> None:
    cron = make_cron(end_at=now() - HOUR, end_time="whenever")

    firing.fire_due()

    cron.refresh_from_db()
    assert cron.next_run_date is None
    assert not CronFiring.objects.exists()


def test_the_occurrence_at_the_very_end_fires_though_the_clock_ticks_a_moment_later() -> None:
    last = now().replace(microsecond=0) - timedelta(seconds=2)
    cron = make_cron(schedule="* * * * * *", next_run_date=last, end_at=last, end_time="whenever")

    firing.fire_due()
    firing.fire_due()

    assert CronFiring.objects.get().instant == last
    cron.refresh_from_db()
    assert cron.next_run_date is None or cron.next_run_date > last


def test_the_thread_of_a_stateless_run_goes_or_stays() -> None:
    make_cron(on_run_completed="delete")
    make_cron(on_run_completed="keep", metadata={"team": "a"})

    firing.fire_due()

    gone, kept = Thread.objects.order_by("-temporary")
    assert (gone.temporary, kept.temporary) == (True, False)
    assert kept.metadata["team"] == "a"
    assert kept.metadata["graph_id"] == "echo"
    temporary = {run.thread_id: run.kwargs["temporary"] for run in Run.objects.all()}
    assert temporary == {gone.thread_id: True, kept.thread_id: False}


def test_a_context_and_the_cron_s_id_go_together() -> None:
    cron = make_cron(body={"context": {"tone": "dry"}})

    firing.fire_due()

    kwargs = Run.objects.get().kwargs
    assert kwargs["context"] == {"tone": "dry", "cron_id": str(cron.cron_id)}
    assert kwargs["config"]["configurable"]["cron_id"] == str(cron.cron_id)


def test_a_cron_of_a_thread_waits_in_its_queue_or_is_refused_and_says_so() -> None:
    thread = make_thread(status="busy")
    make_run(thread)
    enqueues = make_cron(thread=thread)
    rejects = make_cron(thread=thread, body={"multitask_strategy": "reject"})

    firing.fire_due()

    assert Run.objects.filter(thread=thread).count() == 2
    assert CronFiring.objects.get(cron=enqueues).run_id
    refused = CronFiring.objects.get(cron=rejects)
    assert (refused.run_id, refused.reason[:32]) == (None, "Thread is already running a task")
    rejects.refresh_from_db()
    assert rejects.next_run_date
    assert rejects.next_run_date > now()


def test_bad_rows_never_stop_the_others() -> None:
    bad = [
        make_cron(late=HOUR, schedule="bogus"),
        make_cron(late=HOUR, timezone="Mars/X"),
        make_cron(late=HOUR, body={"config": {"configurable": {}}, "stream_mode": 7}),
    ]
    good = [make_cron() for _ in range(3)]

    firing.fire_due()

    assert set(Run.objects.values_list("run_id", flat=True)) == set(
        CronFiring.objects.filter(cron__in=good).values_list("run_id", flat=True)
    )
    for cron in bad:
        fired = CronFiring.objects.get(cron=cron)
        assert (fired.run_id, bool(fired.reason)) == (None, True)
    assert firing.fire_due() == 0


def test_an_instant_that_was_fired_before_is_not_fired_again() -> None:
    cron = make_cron()
    firing.fire_due()
    fired = CronFiring.objects.get()

    Cron.objects.update(next_run_date=fired.instant)
    firing.fire_due()

    assert CronFiring.objects.get() == fired
    assert Run.objects.count() == 1
    cron.refresh_from_db()
    assert cron.next_run_date
    assert cron.next_run_date > now()


@committed
def test_many_schedulers_fire_each_cron_once() -> None:
    thread = make_thread()
    # Not due again while this test lasts.
    yearly = "0 0 1 1 *"
    crons = [make_cron(thread=thread, schedule=yearly) for _ in range(10)]
    crons += [make_cron(schedule=yearly) for _ in range(30)]

    race(*[firing.fire_due for _ in range(4)])
    # What a slow machine kept locked for longer than a scheduler waits is left to the next tick.
    firing.fire_due()

    assert Run.objects.count() == len(crons)
    assert set(CronFiring.objects.values_list("cron_id", flat=True)) == {cron.cron_id for cron in crons}
    assert CronFiring.objects.filter(run_id=None).count() == 0


@committed
def test_a_scheduler_that_dies_half_way_leaves_the_cron_due() -> None:
    make_cron()
    with patch("crons.firing.record", side_effect=RuntimeError("killed")), pytest.raises(RuntimeError):
        firing.fire_due()

    assert not Run.objects.exists()
    assert firing.fire_due() == 1
    assert Run.objects.count() == 1


@committed
def test_a_cron_fires_at_its_moment_and_not_at_the_next_tick(settings: Settings) -> None:
    settings.TICK = timedelta(seconds=60)
    make_cron(schedule="* * * * * *", late=timedelta(0))

    end = time.monotonic() + 3
    while time.monotonic() < end:
        time.sleep(ticking.tick().total_seconds())

    fired = CronFiring.objects.order_by("instant")
    assert 3 <= len(fired) <= 5
    assert all(each.lag < timedelta(seconds=0.9) for each in fired)


def test_run_now_leaves_the_schedule_alone() -> None:
    cron = make_cron(late=-HOUR)

    fired = firing.fire_now(cron)

    assert fired
    assert fired.run_id == Run.objects.get().run_id
    before = cron.next_run_date
    cron.refresh_from_db()
    assert cron.next_run_date == before


def test_deleting_a_thread_takes_its_crons_and_their_firings_along() -> None:
    thread = make_thread()
    make_cron(thread=thread)
    other = make_cron()
    firing.fire_due()

    lifecycle.delete(thread.thread_id)

    assert list(Cron.objects.all()) == [other]
    assert [fired.cron_id for fired in CronFiring.objects.all()] == [other.cron_id]


def test_old_firings_are_forgotten() -> None:
    cron = make_cron()
    old = now() - timedelta(days=31)
    CronFiring.objects.create(cron=cron, instant=old, fired_at=old, lag=timedelta(0))
    kept = CronFiring.objects.create(cron=cron, instant=now(), lag=timedelta(0))

    assert retention.forget() == 1
    assert list(CronFiring.objects.all()) == [kept]


def test_ten_thousand_sleeping_crons_cost_nothing() -> None:
    template = make_cron(late=-HOUR)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO crons_cron (cron_id, assistant_id, user_id, schedule, enabled, payload, metadata, next_run_date)
            SELECT gen_random_uuid(), assistant_id, '', schedule, n %% 2 = 0, '{}', '{}',
                now() + (n || ' minutes')::interval * (CASE WHEN n %% 2 = 0 THEN 1 ELSE -1 END)
            FROM crons_cron, generate_series(1, 10000) n WHERE cron_id = %s
            """,
            [template.cron_id],
        )
        cursor.execute("ANALYZE crons_cron")
    found = Cron.objects.due().order_by("next_run_date", "cron_id").values_list("cron_id", "thread_id")[:100]

    plan = found.explain(analyze=True, buffers=True)

    assert "cron_due" in plan
    buffers = re.search(r"Buffers: shared hit=(\d+)", plan)
    assert buffers
    assert int(buffers[1]) < 20
