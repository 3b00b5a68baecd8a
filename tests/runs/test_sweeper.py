"""What others left undone: lost workers, lost wake-ups, rows past their time."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models.expressions import RawSQL
from pytest_django import DjangoCaptureOnCommitCallbacks

from langgraph_server.checkpoints.models import Checkpoint
from langgraph_server.streams.connection import connect
from langgraph_server.streams.log import stream_key
from runs import cancellation, dispatch
from runs.lease import EVERYBODY, LONERS, SUSPECTS, TRUSTED, Lease
from runs.models import Run, RunEvent
from runs.sweeper import MERCY, sweep
from tests.factories import make_checkpoint, make_run, make_thread
from tests.runs.conftest import Claim
from tests.runs.racing import race
from threads.models import Thread as Conversation

pytestmark = pytest.mark.django_db

LONG_AGO = datetime.now(UTC) - 2 * settings.STREAM_RETENTION
WORKER_LOST = {
    "error": "WorkerLost",
    "message": f"The worker was lost {settings.RUN_ATTEMPTS} times in a row while it ran this run, without progress.",
}


def test_a_run_whose_worker_is_lost_waits_for_another(claim: Claim) -> None:
    run = make_run()
    [lost] = claim(expired=True)

    sweep()

    run.refresh_from_db()
    run.thread.refresh_from_db()
    assert (run.status, run.crashes, run.owner, run.thread.status) == ("pending", 1, None, "busy")
    [taken] = claim()
    assert (taken.run_id, taken.attempt) == (run.run_id, 2)
    assert taken.token > lost.token


def test_a_lease_that_nobody_could_renew_because_postgres_was_restarted_is_no_crash(claim: Claim) -> None:
    run = make_run()
    claim(expired=True)
    # The lease was renewed just before Postgres started anew, and ended after.
    before_the_start = RawSQL("pg_postmaster_start_time() + interval '1 second'", [])
    Run.objects.update(lease_until=before_the_start, updated_at=LONG_AGO)
    while not Run.objects.expired().exists():
        time.sleep(0.1)

    sweep()

    run.refresh_from_db()
    assert (run.status, run.crashes, run.attempt) == ("pending", 0, 1)


def test_a_run_with_a_live_worker_is_left_alone(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()

    sweep()

    run.refresh_from_db()
    assert (run.status, run.token, run.crashes) == ("running", taken.token, 0)


def take(claim: Claim) -> list[Lease]:
    """Each by a worker of its own, which is lost at once."""
    return [taken for crashes in (TRUSTED, SUSPECTS, LONERS) for taken in claim(expired=True, crashes=crashes)]


def attempts_of(run: Run, claim: Claim, *, progress: bool = False, limit: int = 20) -> int:
    """Let every worker that takes the run die; how many it took until none was given it any more."""
    for attempts in range(limit):
        if not take(claim):
            return attempts
        if progress:
            make_checkpoint(run)
        sweep()
    return limit


def test_a_run_without_progress_is_given_up_after_exactly_the_allowed_attempts(claim: Claim) -> None:
    run = make_run()

    assert attempts_of(run, claim) == settings.RUN_ATTEMPTS

    run.refresh_from_db()
    run.thread.refresh_from_db()
    assert (run.status, run.error, run.attempt) == ("error", WORKER_LOST, settings.RUN_ATTEMPTS)
    assert (run.thread.status, run.thread.error) == ("error", WORKER_LOST)


def test_runs_that_lose_their_workers_together_are_not_charged(claim: Claim) -> None:
    """None of them can be told from the one that did it."""
    runs = [make_run() for _ in range(3)]

    for _ in range(2 * settings.RUN_ATTEMPTS):
        Run.objects.update(due_at=LONG_AGO)
        claim(expired=True, crashes=EVERYBODY)
        sweep()

    told = {(run.status, run.crashes, run.charges) for run in Run.objects.filter(pk__in=[run.pk for run in runs])}
    assert told == {("pending", 2 * settings.RUN_ATTEMPTS, 0)}


def test_company_that_was_taken_away_before_is_company(claim: Claim) -> None:
    """A worker's leases end one after the other: they were not given at the same moment."""
    owner = uuid4()
    first, last = make_run(), make_run()
    claim(1, expired=True, owner=owner)
    claim(1, owner=owner)
    sweep()
    Run.objects.filter(run_id=last.run_id).update(lease_until=LONG_AGO)

    sweep()

    told = Run.objects.order_by("created_at").values_list("run_id", "status", "crashes", "charges")
    assert list(told) == [(first.run_id, "pending", 1, 0), (last.run_id, "pending", 1, 0)]


def test_company_that_ended_with_the_worker_is_company(claim: Claim) -> None:
    owner = uuid4()
    wished, other = make_run(), make_run()
    claim(2, expired=True, owner=owner)
    cancellation.cancel([wished.run_id], action="interrupt", reason="because")

    sweep()

    other.refresh_from_db()
    assert (other.status, other.crashes, other.charges) == ("pending", 1, 0)


def test_a_run_that_is_never_alone_is_given_up_some_time_all_the_same(claim: Claim) -> None:
    run = make_run()
    while run.status == "pending":
        Run.objects.update(due_at=LONG_AGO)
        make_run()
        claim(expired=True, crashes=EVERYBODY)
        sweep()
        run.refresh_from_db()

    assert (run.status, run.attempt, run.charges) == ("error", MERCY * settings.RUN_ATTEMPTS, 0)


def test_a_run_that_makes_progress_is_not_given_up(claim: Claim) -> None:
    run = make_run()
    make_checkpoint(run)  # holds the input only

    assert attempts_of(run, claim, progress=True) == 20

    run.refresh_from_db()
    assert (run.status, run.crashes) == ("pending", 1)


def test_progress_starts_the_count_anew(claim: Claim) -> None:
    run = make_run()
    for _ in range(settings.RUN_ATTEMPTS - 1):
        claim(expired=True)
        sweep()
    make_checkpoint(run)
    make_checkpoint(run)

    assert attempts_of(run, claim) == settings.RUN_ATTEMPTS

    run.refresh_from_db()
    assert run.attempt == 2 * settings.RUN_ATTEMPTS - 1


def test_checkpoints_of_other_runs_are_no_progress(claim: Claim) -> None:
    run = make_run()
    for _ in range(3):
        make_checkpoint(make_run(run.thread, status="success"))

    assert attempts_of(run, claim) == settings.RUN_ATTEMPTS


def test_the_end_of_a_resumable_run_that_is_given_up_follows_its_kept_events(claim: Claim) -> None:
    run = make_run(kwargs={"resumable": True})
    for seq in (1, 2):
        RunEvent.objects.create(run=run, seq=seq, event="values", data="{}")

    attempts_of(run, claim)

    last = RunEvent.objects.order_by("seq").last()
    assert last
    assert (last.seq, last.event, last.data) == (3, "end", "error")


def test_followers_of_a_run_that_is_given_up_are_told(
    claim: Claim, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    run = make_run()

    with django_capture_on_commit_callbacks(execute=True):
        attempts_of(run, claim)

    with connect(settings.REDIS_URI) as redis:
        assert len(redis.xrange(stream_key(settings.REDIS_KEY_PREFIX, run.run_id))) == 1


def test_a_thread_goes_on_after_a_run_that_was_given_up(claim: Claim) -> None:
    run = make_run(created_at=LONG_AGO)
    next_run = make_run(run.thread)
    for _ in range(settings.RUN_ATTEMPTS):
        take(claim)
        sweep()

    run.refresh_from_db()
    run.thread.refresh_from_db()
    assert (run.status, run.thread.status) == ("error", "busy")
    assert [taken.run_id for taken in claim()] == [next_run.run_id]


@pytest.mark.parametrize("crashes", [0, settings.RUN_ATTEMPTS])
def test_a_cancelled_run_whose_worker_is_lost_ends_as_was_wished(claim: Claim, crashes: int) -> None:
    run = make_run()
    claim(expired=True)
    Run.objects.filter(run_id=run.run_id).update(
        cancel_action="interrupt", cancel_reason="because", crashes=crashes, progress=9
    )

    sweep()

    run.refresh_from_db()
    run.thread.refresh_from_db()
    error = {"error": "UserInterrupt", "message": "because"}
    assert (run.status, run.error) == ("interrupted", error)
    assert (run.thread.status, run.thread.error) == ("idle", error)


def test_a_rolled_back_run_whose_worker_is_lost_disappears(claim: Claim) -> None:
    run = make_run()
    checkpoint = make_checkpoint(run)
    claim(expired=True)
    Run.objects.filter(run_id=run.run_id).update(cancel_action="rollback", cancel_reason="because")

    sweep()

    run.thread.refresh_from_db()
    assert not Run.objects.exists()
    assert not Checkpoint.objects.filter(checkpoint_id=checkpoint.checkpoint_id).exists()
    assert run.thread.status == "idle"


def test_events_are_forgotten_some_time_after_their_runs_end() -> None:
    old, recent, active = make_run(ended_at=LONG_AGO), make_run(ended_at=datetime.now(UTC)), make_run()
    for run in (old, recent, active):
        for seq in (1, 2):
            RunEvent.objects.create(run=run, seq=seq, event="values", data="{}")

    sweep()

    assert set(RunEvent.objects.values_list("run_id", flat=True)) == {recent.run_id, active.run_id}
    assert Run.objects.count() == 3


def test_temporary_threads_are_forgotten_some_time_after_their_run() -> None:
    make_run(make_thread(temporary=True, updated_at=LONG_AGO), status="success", ended_at=LONG_AGO)
    kept = [
        make_thread(updated_at=LONG_AGO),
        make_thread(temporary=True, updated_at=LONG_AGO, status="busy"),
        make_thread(temporary=True),
    ]

    sweep()

    assert set(Conversation.objects.all()) == set(kept)
    assert not Run.objects.exists()


def test_waiting_runs_without_a_wake_up_are_announced(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    make_run(queue="forgotten")
    make_run(queue="later", due_at=datetime.now(UTC) + timedelta(hours=1))
    make_run(queue="over", status="success")

    with django_capture_on_commit_callbacks() as callbacks:
        sweep()

    announced = [callback.args for callback in callbacks if callback.func is dispatch.announce_now]  # type: ignore[attr-defined]
    assert announced == [({"forgotten"},)]


@pytest.mark.django_db(transaction=True)
def test_a_lost_run_is_charged_once_however_many_sweep(claim: Claim) -> None:
    for _ in range(5):
        run = make_run()
        claim(expired=True)

        race(*[sweep] * 4)

        run.refresh_from_db()
        assert (run.status, run.crashes, run.token) == ("pending", 1, 2)
        Run.objects.filter(run_id=run.run_id).update(status="success")
