"""Cancel runs: those that wait end now, those that run are told."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from redis import Redis

from langgraph_server.checkpoints.models import Checkpoint
from langgraph_server.streams import signals
from langgraph_server.streams.connection import connect
from langgraph_server.streams.log import stream_key
from langgraph_server.streams.reader import decode
from runs.admission import admit
from runs.cancellation import cancel
from runs.choices import RunStatus
from runs.models import Run
from tests.factories import make_assistant, make_checkpoint, make_request, make_run, make_thread
from tests.runs.conftest import Claim
from tests.runs.racing import race

pytestmark = pytest.mark.django_db

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def redis() -> Iterator[Redis]:
    with connect(settings.REDIS_URI) as redis:
        yield redis


def test_a_run_that_waits_ends_now() -> None:
    run = make_run()

    assert cancel([run.run_id], action="interrupt", reason="because") == 1

    run.refresh_from_db()
    run.thread.refresh_from_db()
    error = {"error": "UserInterrupt", "message": "because"}
    assert (run.status, run.error) == ("interrupted", error)
    assert run.ended_at
    assert (run.thread.status, run.thread.error) == ("idle", None)


def test_a_cancelled_run_is_never_claimed(claim: Claim) -> None:
    run = make_run()
    cancel([run.run_id], action="interrupt", reason="because")

    assert claim() == []


@pytest.mark.parametrize("action", ["interrupt", "rollback"])
def test_a_run_that_runs_is_told_by_its_row(claim: Claim, action: str) -> None:
    run = make_run()
    claim()

    assert cancel([run.run_id], action=action, reason="because") == 1

    run.refresh_from_db()
    run.thread.refresh_from_db()
    assert (run.status, run.cancel_action, run.cancel_reason) == ("running", action, "because")
    assert (run.thread.status, run.error) == ("busy", None)


def test_a_rolled_back_run_that_waits_disappears() -> None:
    run = make_run()
    checkpoint = make_checkpoint(run)

    assert cancel([run.run_id], action="rollback", reason="because") == 1

    run.thread.refresh_from_db()
    assert not Run.objects.exists()
    assert not Checkpoint.objects.filter(checkpoint_id=checkpoint.checkpoint_id).exists()
    assert (run.thread.status, run.thread.error) == ("idle", None)


def test_a_thread_with_another_run_stays_busy() -> None:
    thread = make_thread(status="busy")
    run, other = make_run(thread), make_run(thread)

    cancel([run.run_id], action="interrupt", reason="because")

    thread.refresh_from_db()
    other.refresh_from_db()
    assert (thread.status, other.status) == ("busy", "pending")


@pytest.mark.parametrize("status", sorted(RunStatus.TERMINAL))
def test_a_run_that_is_over_stays_as_it_is(status: str) -> None:
    run = make_run(status=status)

    assert cancel([run.run_id], action="rollback", reason="because") == 0

    run.refresh_from_db()
    assert (run.status, run.cancel_action, run.thread.status) == (status, None, "busy")


def test_many_runs_are_cancelled_at_once_and_unknown_ones_do_not_count(claim: Claim) -> None:
    running = make_run()
    claim()
    waiting = [make_run(), make_run()]
    over = make_run(status="success")

    names = [run.run_id for run in (running, *waiting, over)]
    assert cancel([*names, uuid4()], action="interrupt", reason="because") == 3

    assert Run.objects.filter(status="interrupted").count() == 2
    assert Run.objects.get(status="running").cancel_action == "interrupt"


def test_the_worker_is_signalled_once_the_wish_is_committed(
    claim: Claim, redis: Redis, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    run = make_run()
    claim()
    pubsub: Any = redis.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]
    with pubsub:
        pubsub.subscribe(signals.channel(settings.REDIS_KEY_PREFIX, signals.CANCEL))
        assert pubsub.get_message(timeout=1) is None

        with django_capture_on_commit_callbacks() as callbacks:
            cancel([run.run_id], action="interrupt", reason="because")
        assert pubsub.get_message(timeout=0.1) is None

        for callback in callbacks:
            callback()
        message = pubsub.get_message(timeout=2)

    assert message
    assert message["data"] == str(run.run_id).encode()


def test_followers_of_a_run_that_ends_now_are_told(
    redis: Redis, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    run = make_run()
    key = stream_key(settings.REDIS_KEY_PREFIX, run.run_id)

    with django_capture_on_commit_callbacks(execute=True):
        cancel([run.run_id], action="interrupt", reason="because")

    entries: Any = redis.xrange(key)
    [terminal] = decode(entries)
    assert (terminal.event, terminal.data) == ("end", b"interrupted")
    assert 0 < redis.ttl(key) <= settings.STREAM_RETENTION.total_seconds()


@pytest.mark.django_db(transaction=True)
def test_a_cancel_holds_while_redis_is_away(claim: Claim, settings: Settings) -> None:
    settings.REDIS_URI = NOWHERE
    running = make_run()
    claim()
    waiting = make_run()

    assert cancel([running.run_id, waiting.run_id], action="interrupt", reason="because") == 2

    running.refresh_from_db()
    waiting.refresh_from_db()
    assert (running.cancel_action, waiting.status) == ("interrupt", "interrupted")


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_claimed_and_cancelled_at_once_is_stopped_or_told(claim: Claim) -> None:
    for _ in range(20):
        run = make_run()

        taken, count = race(
            lambda: len(claim()),
            lambda: cancel([run.run_id], action="interrupt", reason="because"),  # noqa: B023 - ends in the round
        )

        run.refresh_from_db()
        assert count == 1
        if taken:
            assert (run.status, run.cancel_action) == ("running", "interrupt")
        else:
            assert (run.status, run.attempt) == ("interrupted", 0)
        Run.objects.filter(run_id=run.run_id).update(status="success", owner=None)


@pytest.mark.django_db(transaction=True)
def test_two_cancels_at_once_end_a_run_once() -> None:
    for _ in range(20):
        run = make_run()

        counts = race(*[lambda: cancel([run.run_id], action="interrupt", reason="because")] * 2)  # noqa: B023

        assert sorted(counts) == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_a_cancel_and_a_run_that_supersedes_do_not_block_each_other() -> None:
    make_assistant()
    for _ in range(20):
        runs = [make_run(make_thread(status="busy"))]
        runs += [make_run(runs[0].thread) for _ in range(4)]
        request = make_request(runs[0].thread, multitask_strategy="interrupt")

        _, count = race(
            lambda: len(admit([request])),  # noqa: B023 - the race ends in the round
            lambda: cancel([run.run_id for run in runs], action="interrupt", reason="because"),  # noqa: B023
        )

        assert count in {0, 5}
        assert Run.objects.of_thread(runs[0].thread_id).active().count() == 1
