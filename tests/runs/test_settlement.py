"""How a run ends: what it leaves on its thread, and who may end it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import DataError, connection
from psycopg.types.json import Jsonb

from langgraph_server.checkpoints.models import Checkpoint, CheckpointWrite
from langgraph_server.checkpoints.statements import PUT_CHECKPOINTS, Statement
from runs import cancellation, lease, settlement
from runs.choices import RunStatus
from runs.ending import Ending
from runs.execution.outcome import Cancelled, Failure, Success, TimedOut, ending
from runs.lease import Lease
from runs.models import Run, RunEvent
from runs.settlement import Settled, settle
from tests.factories import make_checkpoint, make_run, make_thread
from tests.runs.conftest import Claim
from tests.runs.racing import race
from threads.models import Thread

pytestmark = pytest.mark.django_db(transaction=True)

ASKED = [{"id": "a" * 32, "value": "ok?"}]
INTERRUPTS = {"task": ASKED}


def succeeded(taken: Lease, **fields: Any) -> Ending:
    return Ending(taken.run_id, taken.thread_id, taken.token, RunStatus.SUCCESS, **{"thread_status": "idle", **fields})


@dataclass(frozen=True)
class Case:
    """What a graph did, what run and thread are then."""

    outcome: Success | Failure | Cancelled | TimedOut
    run_status: str | None
    thread_status: str
    error: dict[str, str] | None = None
    interrupts: dict[str, Any] | None = None


def cancelled(action: str, *, waits: bool = False) -> Cancelled:
    return Cancelled(action, "because", Success({"said": "new"}, INTERRUPTS if waits else {}, waits))


CASES = {
    "all nodes ran": Case(Success({"said": "new"}, {}, waits=False), "success", "idle"),
    "it asks a person": Case(
        Success({"said": "new"}, INTERRUPTS, waits=True), "success", "interrupted", interrupts=INTERRUPTS
    ),
    "it stops before a node": Case(Success({"said": "new"}, {}, waits=True), "success", "interrupted"),
    "it raised": Case(
        Failure(ValueError("boom!"), {"said": "new"}),
        "error",
        "error",
        {"error": "ValueError", "message": "boom!"},
        {"old": ASKED},
    ),
    "it raised what clients must not see": Case(
        Failure(ConnectionError("password"), {"said": "new"}),
        "error",
        "error",
        {"error": "ConnectionError", "message": "An internal error occurred"},
        {"old": ASKED},
    ),
    "it took too long": Case(
        TimedOut(60, {"said": "new"}),
        "timeout",
        "error",
        {"error": "TimeoutError", "message": "Run exceeded 60 seconds"},
        {"old": ASKED},
    ),
    "it was interrupted with nodes left": Case(
        cancelled("interrupt", waits=True),
        "interrupted",
        "interrupted",
        {"error": "UserInterrupt", "message": "because"},
        INTERRUPTS,
    ),
    "it was interrupted at its end": Case(
        cancelled("interrupt"), "interrupted", "idle", {"error": "UserInterrupt", "message": "because"}
    ),
}


@pytest.mark.parametrize("waiting", [False, True], ids=["alone", "another run waits"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_thread_comes_to_rest_as_its_run_ended(claim: Claim, case: Case, waiting: bool) -> None:
    thread = make_thread(status="busy", values={"said": "old"}, error={"old": 1}, interrupts={"old": ASKED})
    run = make_run(thread)
    [taken] = claim()
    if waiting:
        make_run(thread)

    settle([ending(taken, case.outcome, final_seq=None)])

    run.refresh_from_db()
    thread.refresh_from_db()
    assert (run.status, run.error) == (case.run_status, case.error)
    assert (thread.status, thread.error) == ("busy" if waiting else case.thread_status, case.error)
    assert (thread.values, thread.interrupts) == ({"said": "new"}, case.interrupts or {})


def last_checkpoint(taken: Lease) -> Statement:
    row = (str(taken.thread_id), "", "1f", None, Jsonb({"v": 4}), Jsonb({"run_id": str(taken.run_id)}))
    return PUT_CHECKPOINTS, [row]


def test_the_last_checkpoints_of_runs_come_with_their_ends(claim: Claim) -> None:
    for _ in range(3):
        make_run()
    taken = claim()

    settle([succeeded(each, writes=[last_checkpoint(each)]) for each in taken])

    written = Checkpoint.objects.values_list("thread_id", "checkpoint", "metadata__run_id")
    assert sorted(written) == sorted((str(each.thread_id), {"v": 4}, str(each.run_id)) for each in taken)


def test_who_no_longer_holds_its_run_leaves_no_checkpoint(claim: Claim) -> None:
    make_run(), make_run()
    replaced, taken = claim()
    stale = replace(replaced, token=replaced.token - 1)

    settled = settle([succeeded(each, writes=[last_checkpoint(each)]) for each in (stale, taken)])

    assert settled.won == {taken.run_id}
    assert [each.thread_id for each in Checkpoint.objects.all()] == [str(taken.thread_id)]


def test_runs_that_end_and_meet_nothing_else_are_settled_at_once(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(settlement, "settle_in_steps")
    for _ in range(3):
        make_run()
    taken = claim()

    settled = settle([succeeded(each, writes=[last_checkpoint(each)]) for each in taken])

    assert settled == Settled(frozenset(each.run_id for each in taken), frozenset())
    assert set(Run.objects.values_list("status", "error")) == {("success", None)}
    assert set(Thread.objects.values_list("status", flat=True)) == {"idle"}
    assert Checkpoint.objects.count() == 3


def test_what_is_too_large_for_one_packet_is_settled_at_once_too(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides would wait for ever where one waits for an answer before it has sent all."""
    monkeypatch.delattr(settlement, "settle_in_steps")
    for _ in range(3):
        make_run()
        [taken] = claim()
        assert settle([succeeded(taken, values=f'"{"x" * 2**23}"', writes=[last_checkpoint(taken)])]).won


def test_those_that_meet_nothing_end_as_they_would_beside_one_whose_thread_has_a_next_run(claim: Claim) -> None:
    make_run(), make_run(queue="other")
    taken = claim(queues=["default", "other"])
    behind = make_run(Thread.objects.get(thread_id=taken[0].thread_id), queue="other")

    settled = settle([succeeded(each, writes=[last_checkpoint(each)]) for each in taken])

    assert settled == Settled(frozenset(each.run_id for each in taken), frozenset({"other"}))
    assert Checkpoint.objects.count() == 2
    assert dict(Thread.objects.values_list("thread_id", "status")) == {
        behind.thread_id: "busy",
        taken[1].thread_id: "idle",
    }


def test_one_that_cannot_be_written_is_told_so(claim: Claim) -> None:
    make_run(), make_run()
    taken = claim()

    with pytest.raises(DataError):
        settle([succeeded(taken[0]), succeeded(taken[1], values="no JSON")])

    assert set(Run.objects.values_list("status", flat=True)) == {"running"}


@pytest.mark.parametrize("interrupts", [{}, INTERRUPTS], ids=["", "asked"])
@pytest.mark.parametrize(("waits", "status"), [(False, "idle"), (True, "interrupted")])
@pytest.mark.parametrize("waiting", [False, True], ids=["alone", "another run waits"])
def test_a_rolled_back_run_leaves_its_thread_as_it_was(
    claim: Claim, interrupts: dict[str, Any], waits: bool, status: str, waiting: bool
) -> None:
    thread = make_thread(status="busy", values={"said": "old"}, interrupts=interrupts, waits=waits)
    make_run(thread)
    [taken] = claim()
    others = [make_run(thread)] if waiting else []

    settle([ending(taken, cancelled("rollback"), final_seq=None)])

    thread.refresh_from_db()
    assert list(Run.objects.all()) == others
    assert (thread.status, thread.values) == ("busy" if waiting else status, {"said": "old"})
    assert thread.interrupts == interrupts
    assert thread.error == {"error": "UserRollback", "message": "because"}


@pytest.mark.parametrize(("waits", "status"), [(True, "interrupted"), (False, "idle")])
def test_how_a_run_left_its_thread_shows_when_the_next_one_leaves_no_trace(
    claim: Claim, waits: bool, status: str
) -> None:
    """Although the thread was busy all the time, and no interrupt tells."""
    thread = make_thread(status="busy", waits=not waits)
    make_run(thread)
    [taken] = claim()
    waiting = make_run(thread)
    settle([ending(taken, Success({}, {}, waits=waits), final_seq=None)])

    cancellation.cancel([waiting.run_id], action="interrupt", reason="because")

    thread.refresh_from_db()
    assert (thread.status, thread.error) == (status, None)


def test_a_failure_leaves_open_whether_its_thread_waits(claim: Claim) -> None:
    thread = make_thread(status="busy", waits=True)
    make_run(thread)
    [taken] = claim()

    settle([ending(taken, Failure(ValueError("boom!"), {}), final_seq=None)])

    thread.refresh_from_db()
    assert (thread.status, thread.waits) == ("error", True)


def test_state_that_nobody_could_read_is_looked_at_later(claim: Claim) -> None:
    thread = make_thread(status="busy", values={"said": "old"})
    make_run(thread)
    [taken] = claim()

    settle([ending(taken, Cancelled("interrupt", "because", None), final_seq=None)])

    thread.refresh_from_db()
    assert (thread.status, thread.values) == ("idle", {"said": "old"})
    assert thread.refresh_at is not None


def test_an_ending_that_leaves_nothing_does_not_hide_what_another_left_unseen() -> None:
    thread = make_thread(status="busy")
    begun, new = make_run(thread, epoch=1), make_run(thread)

    cancellation.cancel([begun.run_id, new.run_id], action="interrupt", reason="because")

    thread.refresh_from_db()
    assert thread.refresh_at is not None


def test_a_thread_that_is_told_its_values_is_not_outdated_any_more(claim: Claim) -> None:
    thread = make_thread(status="busy", refresh_at=datetime.now(UTC))
    make_run(thread)
    [taken] = claim()

    settle([ending(taken, Success({"n": 1}, {}, waits=False), final_seq=None)])

    thread.refresh_from_db()
    assert thread.refresh_at is None


def test_a_rolled_back_run_takes_its_checkpoints_along(claim: Claim) -> None:
    thread = make_thread()
    before, run = make_run(thread, status="success"), make_run(thread)
    kept = make_checkpoint(before)
    for source in ("input", "loop", "loop"):
        make_checkpoint(run, source=source)
    [taken] = claim()

    settle([ending(taken, cancelled("rollback"), final_seq=None)])

    of_thread = {"thread_id": str(thread.thread_id)}
    assert list(Checkpoint.objects.filter(**of_thread)) == [kept]
    assert [write.checkpoint_id for write in CheckpointWrite.objects.filter(**of_thread)] == [kept.checkpoint_id]


def test_a_run_that_ends_gives_up_its_lease(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()

    settle([succeeded(taken)])

    run.refresh_from_db()
    assert (run.owner, run.lease_until) == (None, None)
    assert run.ended_at
    assert run.duration
    assert timedelta(0) <= run.duration < timedelta(seconds=5)
    assert lease.renew([(run.run_id, taken.token)], lease=timedelta(seconds=15)) == {}


def test_values_that_postgres_cannot_hold_are_kept_as_near_as_it_can(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()
    values = {"nul": "a\0b", "nan": float("nan"), "huge": 2**70, "surrogate": "\ud800", "key\0": 1}

    settle([ending(taken, Success(values, {}, waits=False), final_seq=None)])

    run.thread.refresh_from_db()
    assert run.thread.values == {"nul": "ab", "nan": None, "huge": str(2**70), "surrogate": "?", "key": 1}


def test_the_final_event_of_a_resumable_run_is_kept(claim: Claim) -> None:
    run = make_run(kwargs={"resumable": True})
    [taken] = claim()

    settle([succeeded(taken, final_seq=4)])

    [event] = RunEvent.objects.all()
    assert (event.run_id, event.seq, event.event, event.data) == (run.run_id, 4, "end", "success")


def test_other_runs_keep_no_events(claim: Claim) -> None:
    make_run()

    settle([succeeded(*claim())])

    assert not RunEvent.objects.exists()


def test_an_old_token_settles_nothing(claim: Claim) -> None:
    run = make_run(kwargs={"resumable": True})
    checkpoint = make_checkpoint(run)
    [old] = claim(expired=True)
    lease.reclaim(run.run_id, old.token, crashes=1, progress=0, delay=timedelta(0))
    [new] = claim()

    won = settle([succeeded(old, values='{"said": "late"}', final_seq=2, rollback=True)]).won

    run.refresh_from_db()
    run.thread.refresh_from_db()
    assert won == frozenset()
    assert (run.status, run.token, run.thread.status, run.thread.values) == ("running", new.token, "busy", None)
    assert list(Checkpoint.objects.filter(thread_id=str(run.thread_id))) == [checkpoint]
    assert not RunEvent.objects.exists()


def test_a_run_that_is_over_stays_as_it_is(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()
    settle([succeeded(taken)])

    later = settle([ending(taken, Failure(ValueError("boom!"), None), final_seq=None)])

    run.refresh_from_db()
    assert later == Settled(frozenset(), frozenset())
    assert (run.status, run.error) == ("success", None)


def test_who_lost_its_run_does_not_fail_its_neighbours(claim: Claim) -> None:
    lost, gone, kept = make_run(), make_run(), make_run()
    leases = {taken.run_id: taken for taken in claim(expired=True)}
    lease.reclaim(lost.run_id, 1, crashes=1, progress=0, delay=timedelta(0))
    Thread.objects.filter(thread_id=gone.thread_id)._raw_delete("default")

    settled = settle([succeeded(leases[run.run_id]) for run in (lost, gone, kept)])

    kept.thread.refresh_from_db()
    lost.thread.refresh_from_db()
    assert settled.won == {kept.run_id}
    assert (kept.thread.status, lost.thread.status) == ("idle", "busy")


def test_settling_tells_where_the_next_run_of_the_thread_waits(claim: Claim) -> None:
    thread = make_thread()
    make_run(thread)
    [taken] = claim()
    make_run(thread, queue="slow")
    make_run(queue="elsewhere")

    assert settle([succeeded(taken)]).queues == {"slow"}


def test_a_batch_that_ends_all_runs_of_a_thread_brings_it_to_rest() -> None:
    thread = make_thread(status="busy")
    runs = [make_run(thread) for _ in range(3)]

    settle([cancellation.cancelled(run, "interrupt", "because") for run in runs])

    thread.refresh_from_db()
    assert thread.status == "idle"
    assert set(Run.objects.values_list("status", flat=True)) == {"interrupted"}


def assert_agreement(run_id: UUID) -> Run:
    """One final event, and a thread that says the same as its only run."""
    run = Run.objects.select_related("thread").get(run_id=run_id)
    assert RunEvent.objects.filter(run_id=run_id).count() == int(run.status in {"success", "error"})
    expected = {"success": "idle", "error": "error", "interrupted": "idle", "pending": "busy"}
    assert run.thread.status == expected[run.status]
    assert run.thread.error == run.error
    return run


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_settled_twice_at_once_ends_once(claim: Claim) -> None:
    for _ in range(15):
        run = make_run(kwargs={"resumable": True})
        [taken] = claim()
        failure = ending(taken, Failure(ValueError("boom!"), None), final_seq=2)

        settled = race(lambda: settle([succeeded(taken, final_seq=2)]), lambda: settle([failure]))  # noqa: B023

        assert sorted(len(each.won) for each in settled) == [0, 1]
        won = "success" if settled[0].won else "error"
        assert assert_agreement(run.run_id).status == won


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_settled_and_cancelled_at_once_ends_once(claim: Claim) -> None:
    for _ in range(15):
        run = make_run(kwargs={"resumable": True})
        [taken] = claim()

        settled, told = race(
            lambda: len(settle([succeeded(taken, final_seq=2)]).won),  # noqa: B023 - the race ends in the round
            lambda: cancellation.cancel([run.run_id], action="interrupt", reason="because"),  # noqa: B023
        )

        ended = assert_agreement(run.run_id)
        assert (settled, ended.status) == (1, "success")
        assert told == (0 if ended.cancel_action is None else 1)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_settled_and_reclaimed_at_once_has_one_fate(claim: Claim) -> None:
    for _ in range(15):
        run = make_run(kwargs={"resumable": True})
        [taken] = claim(expired=True)

        settled, reclaimed = race(
            lambda: bool(settle([succeeded(taken, final_seq=2)]).won),  # noqa: B023 - the race ends in the round
            lambda: lease.reclaim(run.run_id, 1, crashes=1, progress=0, delay=timedelta(minutes=9)),  # noqa: B023
        )

        assert settled != reclaimed
        assert assert_agreement(run.run_id).status == ("success" if settled else "pending")


@pytest.mark.django_db(transaction=True)
def test_runs_of_one_thread_that_end_at_once_leave_it_at_rest() -> None:
    for _ in range(15):
        thread = make_thread(status="busy")
        endings = [cancellation.cancelled(make_run(thread), "interrupt", "because") for _ in range(2)]

        race(*(lambda each=each: settle([each]) for each in endings))

        thread.refresh_from_db()
        assert thread.status == "idle"


@pytest.mark.django_db(transaction=True)
def test_a_settlement_that_fails_half_way_changes_nothing(claim: Claim) -> None:
    run = make_run(kwargs={"resumable": True})
    [taken] = claim()
    RunEvent.objects.create(run=run, seq=2, event="values", data="{}")

    with pytest.raises(Exception, match="duplicate key"):
        settle([succeeded(taken, values=orjson.dumps({"said": "new"}).decode(), final_seq=2)])

    run.refresh_from_db()
    run.thread.refresh_from_db()
    assert (run.status, run.thread.status, run.thread.values) == ("running", "busy", None)
    assert not connection.in_atomic_block
