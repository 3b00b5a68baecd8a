"""Delete a run: its rows go, its thread comes to rest, its worker finds nothing to hold."""

from datetime import timedelta

import pytest

from langgraph_server.checkpoints.models import Checkpoint
from runs import lease, lifecycle
from runs.choices import RunStatus
from runs.models import Run, RunEvent
from runs.settlement import Ending, settle
from tests.factories import make_checkpoint, make_run, make_thread
from tests.runs.conftest import Claim
from tests.runs.racing import race

pytestmark = pytest.mark.django_db


def test_a_deleted_run_takes_its_events_along() -> None:
    run, other = make_run(), make_run()
    for each in (run, other):
        RunEvent.objects.create(run=each, seq=1, event="metadata", data="{}")

    lifecycle.delete(run)

    assert list(Run.objects.all()) == [other]
    assert [event.run_id for event in RunEvent.objects.all()] == [other.run_id]


def test_a_deleted_run_leaves_its_checkpoints() -> None:
    run = make_run()
    checkpoint = make_checkpoint(run)

    lifecycle.delete(run)

    assert Checkpoint.objects.filter(checkpoint_id=checkpoint.checkpoint_id).exists()


@pytest.mark.parametrize("status", ["pending", "running"])
def test_the_thread_of_a_deleted_active_run_comes_to_rest(status: str) -> None:
    run = make_run(status=status)

    lifecycle.delete(run)

    run.thread.refresh_from_db()
    assert run.thread.status == "idle"


@pytest.mark.parametrize("status", ["pending", "running"])
def test_the_thread_of_a_deleted_run_stays_busy_for_another(status: str) -> None:
    thread = make_thread(status="busy")
    run = make_run(thread, status=status)
    make_run(thread)

    lifecycle.delete(run)

    thread.refresh_from_db()
    assert thread.status == "busy"


@pytest.mark.parametrize("status", sorted(RunStatus.TERMINAL))
def test_deleting_a_run_that_is_over_leaves_the_thread_alone(status: str) -> None:
    error = {"error": "ValueError", "message": "boom!"}
    run = make_run(make_thread(status="error", error=error), status=status)

    lifecycle.delete(run)

    run.thread.refresh_from_db()
    assert (run.thread.status, run.thread.error) == ("error", error)


def test_a_run_may_be_deleted_twice() -> None:
    run = make_run()
    lifecycle.delete(run)

    lifecycle.delete(Run(run_id=run.run_id, thread_id=run.thread_id))

    assert not Run.objects.exists()


def test_the_worker_of_a_deleted_run_can_neither_renew_nor_settle(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()

    lifecycle.delete(run)

    late = Ending(taken.run_id, taken.thread_id, taken.token, RunStatus.SUCCESS, values='{"said": "late"}')
    assert settle([late]).won == frozenset()
    assert lease.renew([(taken.run_id, taken.token)], lease=timedelta(seconds=15)) == {}
    run.thread.refresh_from_db()
    assert run.thread.values is None


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_deleted_and_settled_at_once_leaves_a_thread_at_rest(claim: Claim) -> None:
    for _ in range(15):
        run = make_run()
        [taken] = claim()
        end = Ending(taken.run_id, taken.thread_id, taken.token, RunStatus.SUCCESS, thread_status="idle")

        race(lambda: lifecycle.delete(run), lambda: settle([end]))  # noqa: B023 - the race ends in the round

        run.thread.refresh_from_db()
        assert not Run.objects.exists()
        assert run.thread.status == "idle"
