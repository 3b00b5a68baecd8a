"""Delete a run: its rows go, its thread comes to rest, its worker finds nothing to hold."""

from datetime import UTC, datetime, timedelta

import pytest

from langgraph_server.checkpoints.models import Checkpoint, CheckpointWrite
from runs import lease, lifecycle
from runs.choices import RunStatus
from runs.ending import Ending
from runs.models import Run, RunEvent
from runs.settlement import settle
from tests.factories import make_checkpoint, make_run, make_thread
from tests.runs.conftest import Claim
from tests.runs.racing import race

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ERROR = {"error": "ValueError", "message": "boom!"}


def test_a_deleted_run_takes_its_events_along() -> None:
    run, other = make_run(), make_run()
    for each in (run, other):
        RunEvent.objects.create(run=each, seq=1, event="metadata", data="{}")

    lifecycle.delete(run)

    assert list(Run.objects.all()) == [other]
    assert [event.run_id for event in RunEvent.objects.all()] == [other.run_id]


@pytest.mark.parametrize("status", RunStatus.values)
def test_a_deleted_run_takes_its_checkpoints_along_and_those_of_others_stay(status: str) -> None:
    run = make_run(status=status, thread=make_thread(status="busy" if status in RunStatus.ACTIVE else "idle"))
    make_checkpoint(run)
    later = make_checkpoint(make_run(run.thread, status="success", ended_at=LATER))

    lifecycle.delete(run)

    assert list(Checkpoint.objects.filter(thread_id=str(run.thread_id))) == [later]
    assert [write.checkpoint_id for write in CheckpointWrite.objects.all()] == [later.checkpoint_id]


def test_a_checkpoint_has_no_parent_that_is_gone() -> None:
    run = make_run(make_thread(), status="success", ended_at=NOW)
    gone, kept = make_checkpoint(run), make_checkpoint(make_run(run.thread, status="success", ended_at=LATER))
    Checkpoint.objects.filter(checkpoint_id=kept.checkpoint_id).update(parent_checkpoint_id=gone.checkpoint_id)

    lifecycle.delete(run)

    assert Checkpoint.objects.get(thread_id=str(run.thread_id)).parent_checkpoint_id is None


def test_checkpoints_that_a_run_under_way_stands_on_stay() -> None:
    run = make_run(make_thread(status="busy"), status="success", ended_at=NOW)
    make_run(run.thread, status="running")
    checkpoint = make_checkpoint(run)

    lifecycle.delete(run)

    run.thread.refresh_from_db()
    assert list(Checkpoint.objects.filter(thread_id=str(run.thread_id))) == [checkpoint]
    assert run.thread.status == "busy"


def test_checkpoints_that_later_ones_are_rebuilt_from_stay() -> None:
    run = make_run(make_thread(), status="success", ended_at=NOW)
    make_checkpoint(run)
    Checkpoint.objects.update(metadata={"run_id": str(run.run_id), "counters_since_delta_snapshot": {}})

    lifecycle.delete(run)

    assert Checkpoint.objects.filter(thread_id=str(run.thread_id)).count() == 1


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
def test_a_thread_shows_nothing_of_its_last_run_once_that_is_deleted(status: str) -> None:
    run = make_run(make_thread(status="error", error=ERROR), status=status, ended_at=NOW)
    make_checkpoint(run)

    lifecycle.delete(run)

    run.thread.refresh_from_db()
    assert (run.thread.status, run.thread.error) == ("idle", None)
    assert run.thread.refresh_at is not None


def test_deleting_an_earlier_run_leaves_what_the_thread_shows() -> None:
    run = make_run(make_thread(status="error", error=ERROR), status="success", ended_at=NOW)
    make_run(run.thread, status="error", ended_at=LATER)
    make_checkpoint(run)

    lifecycle.delete(run)

    run.thread.refresh_from_db()
    assert (run.thread.status, run.thread.error, run.thread.refresh_at) == ("error", ERROR, None)


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
