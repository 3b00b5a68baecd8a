"""What is written down of runs and workers for operators."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now
from pytest_django import Settings

from runs import lease, minutes, sweeper, timelines, workers
from runs.choices import AttemptOutcome, RunStatus
from runs.ending import Ending
from runs.execution.recollection import MOST, Recollection
from runs.lease import Lease
from runs.models import Run
from runs.paces import Pace
from runs.records import Attempt, Minute, TimelinePart, Worker
from runs.settlement import settle
from runs.timelines import Part
from runs.workers import Standing, Word
from tests.factories import make_run
from tests.runs.conftest import Claim

pytestmark = pytest.mark.django_db


def succeeded(taken: Lease) -> Ending:
    return Ending(taken.run_id, taken.thread_id, taken.token, RunStatus.SUCCESS)


def outcomes(run: Run) -> list[tuple[int, str]]:
    return list(Attempt.objects.filter(run=run).order_by("token").values_list("attempt", "outcome"))


def part(run: Run, **fields: Any) -> Part:
    return Part(run.run_id, 1, **{"part": 1, "tasks": [{"n": 1, "node": "agent", "began": 5}], **fields})


def test_each_attempt_is_written_down_when_it_is_over(claim: Claim) -> None:
    run, worker = make_run(), uuid4()
    (first,) = claim(owner=worker)
    assert outcomes(run) == []
    lease.release([(first.run_id, first.token)])
    claim(expired=True)
    sweeper.sweep()
    (third,) = claim()
    settle([succeeded(third)])

    assert outcomes(run) == [
        (1, AttemptOutcome.RELEASED),
        (1, AttemptOutcome.LOST),
        (2, AttemptOutcome.SUCCESS),
    ]
    released = Attempt.objects.get(run=run, token=first.token)
    assert released.worker_id == worker
    assert released.due_at == run.due_at
    assert released.started_at <= released.ended_at


def test_a_wish_to_stop_does_not_move_the_beginning_of_an_attempt(claim: Claim) -> None:
    run = make_run()
    (taken,) = claim()
    claimed_at = Run.objects.get(pk=run.pk).updated_at
    Run.objects.filter(pk=run.pk).update(cancel_action="interrupt")
    lease.renew([(taken.run_id, taken.token)], lease=timedelta(seconds=15))
    settle([succeeded(taken)])

    assert Attempt.objects.get(run=run).started_at == claimed_at


def test_who_lost_the_run_or_never_had_it_writes_nothing_down(claim: Claim) -> None:
    run = make_run()
    settle([Ending(run.run_id, run.thread_id, run.token, RunStatus.INTERRUPTED)])
    other = make_run()
    (taken,) = claim()
    settle([Ending(other.run_id, other.thread_id, taken.token + 1, RunStatus.SUCCESS)])

    assert not Attempt.objects.exists()


def test_an_attempt_whose_worker_is_lost_for_good_is_lost_though_its_run_failed(
    claim: Claim, settings: Settings
) -> None:
    settings.RUN_ATTEMPTS = 1
    run = make_run()
    claim(expired=True)
    Run.objects.update(updated_at=now() + timedelta(hours=1))
    sweeper.sweep()

    assert Run.objects.get(pk=run.pk).status == RunStatus.ERROR
    assert outcomes(run) == [(1, AttemptOutcome.LOST)]


def test_nothing_is_written_down_where_it_is_switched_off(claim: Claim, settings: Settings) -> None:
    settings.RECORDS = "off"
    make_run(), make_run()
    first, second = claim()
    lease.release([(first.run_id, first.token)])
    settle([succeeded(second)])

    assert not Attempt.objects.exists()


def test_what_is_written_down_goes_with_the_run() -> None:
    run = make_run(status="running")
    settle([Ending(run.run_id, run.thread_id, run.token, RunStatus.SUCCESS)])
    timelines.keep([part(run)])
    run.delete()

    assert not Attempt.objects.exists()
    assert not TimelinePart.objects.exists()


def test_parts_make_one_timeline_and_those_of_deleted_runs_are_left_out() -> None:
    run, deleted = make_run(), make_run()
    deleted.delete()
    timelines.keep([part(run), part(deleted)])
    timelines.keep([part(run, part=2, tasks=[{"n": 1, "ended": 9, "result": {"said": "\x00é"}}], dropped=3)])

    (timeline,) = timelines.of_run(run).values()

    (task,) = timeline.tasks
    assert (task.node, task.began, task.ended, task.result) == ("agent", 5, 9, {"said": "é"})
    assert timeline.dropped == 3


def test_timelines_and_minutes_are_kept_for_the_retention_and_no_longer(settings: Settings) -> None:
    run = make_run()
    timelines.keep([part(run), part(run, part=2)])
    TimelinePart.objects.filter(part=1).update(written_at=now() - settings.RECORD_RETENTION - timedelta(minutes=1))
    minutes.add({"echo": Pace()})
    Minute.objects.create(minute=now() - timedelta(days=8), graph_id="echo", waits=[], spans=[], waited=0, spent=0)
    timelines.forget()
    minutes.forget()

    assert list(TimelinePart.objects.values_list("part", flat=True)) == [2]
    assert Minute.objects.filter(minute__lt=now() - timedelta(days=7)).get().minute == datetime.fromtimestamp(0, UTC)


def test_workers_that_count_the_same_minute_add_up() -> None:
    for seconds in (0.03, 0.03, 7.0):
        pace = Pace()
        pace.waits.count(seconds)
        pace.spans.count(2 * seconds)
        minutes.add({"echo": pace})

    (lately,) = minutes.lately(now()).values()

    assert lately.pace.waits.number == 3
    assert lately.pace.waits.total == pytest.approx(7.06)
    assert lately.pace.waits.quantile(0.5) == pytest.approx(0.0425)
    assert lately.pace.spans.quantile(0.99) == pytest.approx(19.7, abs=0.5)
    assert sum(lately.ended) == 3
    assert minutes.ever()["echo"].waits.cumulative()[-1] == ("+Inf", 3)


def test_a_worker_is_there_until_it_leaves_or_falls_silent() -> None:
    gone, killed, here = (Word(uuid4(), ["default"], slots=10, runs=2) for _ in range(3))
    for word in (gone, killed, here, here):
        workers.tell(word)
    workers.tell(Word(gone.worker_id, ["default"], slots=10, runs=0, draining=True, ended=True))
    Worker.objects.filter(pk=killed.worker_id).update(seen_at=now() - timedelta(minutes=1))

    standings = {worker.worker_id: workers.standing(worker, now()) for worker in Worker.objects.all()}

    assert standings == {
        gone.worker_id: Standing.ENDED,
        killed.worker_id: Standing.SILENT,
        here.worker_id: Standing.PRESENT,
    }
    assert [worker.worker_id for worker in workers.present()] == [here.worker_id]


def test_a_worker_hears_how_many_others_have_room_for_runs_of_its_queues() -> None:
    def tell(*queues: str, runs: int = 2, **fields: bool) -> int:
        return workers.tell(Word(uuid4(), queues, slots=10, runs=runs, **fields))

    assert tell("default") == 0
    assert tell("default", "heavy") == 1
    assert tell("light") == 0
    assert tell("default", runs=10) == 2
    assert tell("default", draining=True) == 2
    assert tell("default", ended=True) == 2
    Worker.objects.filter(queues=["default"]).update(seen_at=now() - timedelta(minutes=1))

    assert tell("default", "light") == 2


def test_a_recollection_is_bounded_however_much_happens(claim: Claim) -> None:
    make_run()
    recollection = Recollection(claim()[0])
    for n in range(MOST + 5):
        recollection.see(
            (), {"id": str(n), "name": "node", "input": {"text": "x" * 10_000, "items": list(range(10**4))}}
        )
        recollection.see((), {"id": str(n), "name": "node", "error": None, "result": "y" * 10_000, "interrupts": []})
    told = recollection.part()

    assert told is not None
    assert len(told.tasks) == MOST
    assert told.dropped == 5
    assert len(timelines.written(told)) < 10**6
    assert recollection.part() is None
