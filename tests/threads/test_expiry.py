"""Threads that were left alone for their ttl."""

from datetime import timedelta
from io import StringIO
from unittest.mock import patch

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now

from langgraph_server.checkpoints.models import Checkpoint
from runs.sweeper import sweep
from store.models import StoredItem
from tests.factories import make_checkpoint, make_run, make_thread
from threads import expiry, retention
from threads.models import Thread

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def left_alone(**fields: object) -> Thread:
    return make_thread(**{"updated_at": now() - HOUR, "ttl_minutes": 30.0, "ttl_strategy": "delete", **fields})


def test_an_expired_thread_goes_with_its_runs_and_checkpoints() -> None:
    thread = left_alone()
    make_checkpoint(make_run(thread, status="success"))
    kept = [
        left_alone(updated_at=now()),
        left_alone(ttl_minutes=90.0),
        left_alone(ttl_minutes=None),
        left_alone(status="busy"),
    ]

    sweep()

    assert set(Thread.objects.all()) == set(kept)
    assert not Checkpoint.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_thread_that_keeps_its_latest_is_pruned_once_an_expiry() -> None:
    run = make_run(left_alone(ttl_strategy="keep_latest"), status="success")
    make_checkpoint(run)
    latest = make_checkpoint(run)

    assert expiry.expire() == 1
    assert expiry.expire() == 0

    assert [each.checkpoint_id for each in Checkpoint.objects.all()] == [latest.checkpoint_id]


def test_a_thread_that_cannot_be_pruned_does_not_hold_up_the_others() -> None:
    left_alone(ttl_strategy="keep_latest")
    left_alone()

    with patch("langgraph_server.checkpoints.upkeep.keep_latest", side_effect=NotImplementedError("delta")):
        assert expiry.expire() == 2

    assert Thread.objects.count() == 1
    assert expiry.overdue() == 0


def test_a_sweep_stops_at_its_limit() -> None:
    for _ in range(5):
        left_alone()

    with patch("threads.expiry.sweep_limit", lambda: 3):
        assert expiry.expire() == 3


def test_sweeps_leave_threads_alone_until_the_configured_interval_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGGRAPH_THREAD_TTL", '{"sweep_interval_minutes": 30}')
    monkeypatch.setattr(expiry, "RHYTHM", expiry.Rhythm())
    retention.configured.cache_clear()

    left_alone()
    sweep()
    left_alone()
    sweep()
    assert Thread.objects.count() == 1

    expiry.RHYTHM.due -= 31 * 60
    sweep()
    assert Thread.objects.count() == 0
    retention.configured.cache_clear()


def test_expired_threads_are_found_by_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO threads_thread (thread_id, interrupts, ttl_minutes) "
            "SELECT gen_random_uuid(), '{}', 30 FROM generate_series(1, 2000)"
        )
        cursor.execute("ANALYZE threads_thread")
        cursor.execute("EXPLAIN " + expiry.TAKE, [200])
        plan = str(cursor.fetchall())

    assert "thread_expiry" in plan


def test_the_default_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGGRAPH_THREAD_TTL", '{"strategy": "keep_latest", "default_ttl": 60}')
    retention.configured.cache_clear()

    assert retention.wished(None) == retention.Ttl(60.0, "keep_latest")
    assert retention.wished({"ttl": 5}) == retention.Ttl(5.0, "keep_latest")
    retention.configured.cache_clear()


def test_the_sweep_command_tells_what_would_go() -> None:
    left_alone()

    told = StringIO()
    call_command("sweep", "--dry-run", stdout=told)
    assert "1 expired threads to delete or prune" in told.getvalue()
    assert Thread.objects.count() == 1

    call_command("sweep", stdout=StringIO())
    assert Thread.objects.count() == 0


def test_the_sweep_command_sweeps_the_store_too() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO store (prefix, key, value, expires_at, ttl_minutes) "
            "SELECT 'a', n::text, '{}', now() + (n - 1200.5) * interval '1 minute', 5 FROM generate_series(1, 1500) n"
        )

    told = StringIO()
    call_command("sweep", "--dry-run", stdout=told)
    assert "1200 expired items of the store to delete" in told.getvalue()
    assert StoredItem.objects.count() == 1500

    call_command("sweep", stdout=StringIO())
    assert StoredItem.objects.count() == 300
