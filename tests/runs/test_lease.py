"""The lease on a run: who gets it, who keeps it, and what an old token is worth."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction

from runs import lease
from runs.lease import LONERS, SUSPECT, SUSPECTS, Lease, Wish
from runs.models import Run
from tests.factories import make_assistant, make_checkpoint, make_run, make_thread
from tests.runs.conftest import Claim
from tests.runs.racing import apart, race

pytestmark = pytest.mark.django_db

FIFTEEN = timedelta(seconds=15)
PAST = datetime(2026, 1, 1, tzinfo=UTC)


def held(*leases: Lease) -> list[tuple[UUID, int]]:
    return [(each.run_id, each.token) for each in leases]


def is_from_before(began: datetime, asked: datetime) -> bool:
    """A lease counts from when it was asked for, a run begins when the claim looks."""
    return timedelta(0) <= began - asked < timedelta(seconds=5)


def test_a_claimed_run_is_running_and_fenced(claim: Claim) -> None:
    run, owner = make_run(metadata={"m": 1}, kwargs={"input": {"said": "hi"}}), uuid4()

    [taken] = claim(owner=owner)

    run.refresh_from_db()
    assert (run.status, run.owner, run.attempt, run.token) == ("running", owner, 1, 1)
    assert run.lease_until
    assert run.started_at
    assert run.epoch
    assert is_from_before(run.started_at, run.lease_until - FIFTEEN)
    assert (taken.run_id, taken.thread_id, taken.graph_id) == (run.run_id, run.thread_id, "echo")
    assert (taken.token, taken.attempt, taken.epoch) == (1, 1, run.epoch)
    assert (taken.kwargs["input"], taken.metadata, taken.is_repeated) == ({"said": "hi"}, {"m": 1}, False)


def test_of_a_thread_without_checkpoints_the_first_attempt_knows(claim: Claim) -> None:
    run, later = make_run(), make_run(make_thread())
    make_checkpoint(later)

    assert {taken.run_id: taken.blank for taken in claim()} == {run.run_id: True, later.run_id: False}


def test_of_what_an_attempt_left_the_next_one_is_not_sure(claim: Claim) -> None:
    make_run()
    [taken] = claim()
    lease.release(held(taken))

    [taken] = claim()

    assert (taken.attempt, taken.is_repeated, taken.blank) == (1, True, False)


def test_a_running_run_is_not_claimed_again(claim: Claim) -> None:
    make_run()

    assert len(claim()) == 1
    assert claim() == []


@pytest.mark.parametrize("status", ["success", "error", "timeout", "interrupted"])
def test_a_run_that_is_over_is_not_claimed(claim: Claim, status: str) -> None:
    make_run(status=status)

    assert claim() == []


def test_runs_of_many_threads_come_oldest_first_up_to_the_limit(claim: Claim) -> None:
    runs = [make_run(created_at=PAST + timedelta(seconds=n)) for n in (2, 0, 1, 3)]

    assert [taken.run_id for taken in claim(3)] == [runs[1].run_id, runs[2].run_id, runs[0].run_id]
    assert [taken.run_id for taken in claim(3)] == [runs[3].run_id]


def test_a_thread_runs_one_run_at_a_time_in_the_order_they_were_made(claim: Claim) -> None:
    thread = make_thread()
    runs = [make_run(thread, created_at=PAST + timedelta(seconds=n)) for n in (2, 0, 1)]

    order = []
    while taken := claim():
        [only] = taken
        assert claim() == []
        order.append(only.run_id)
        Run.objects.filter(run_id=only.run_id).update(status="success", owner=None)

    assert order == [runs[1].run_id, runs[2].run_id, runs[0].run_id]


def test_runs_made_at_the_same_instant_come_in_the_order_of_their_ids(claim: Claim) -> None:
    thread = make_thread()
    runs = [make_run(thread, created_at=PAST) for _ in range(3)]

    [only] = claim()

    assert only.run_id == min(run.run_id for run in runs)


def test_a_run_is_not_claimed_before_it_is_due(claim: Claim) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    make_run(due_at=later, created_at=later)

    assert claim() == []


def test_a_delayed_run_does_not_hold_up_its_thread(claim: Claim) -> None:
    thread, later = make_thread(), datetime.now(UTC) + timedelta(hours=1)
    make_run(thread, due_at=later, created_at=later)
    ready = make_run(thread)

    assert [taken.run_id for taken in claim()] == [ready.run_id]


def test_an_older_run_that_is_repeated_later_keeps_its_place(claim: Claim) -> None:
    thread = make_thread()
    make_run(thread, created_at=PAST, due_at=datetime.now(UTC) + timedelta(hours=1))
    make_run(thread)

    assert claim() == []


def test_a_worker_claims_from_its_queues_only(claim: Claim) -> None:
    there, elsewhere = make_run(queue="slow"), make_run(queue="fast")

    assert [taken.run_id for taken in claim(queues=("slow", "other"))] == [there.run_id]
    assert [taken.run_id for taken in claim(queues=("fast",))] == [elsewhere.run_id]


def test_a_suspect_is_claimed_only_when_asked_for(claim: Claim) -> None:
    trusted, suspect, *loners = [make_run(crashes=SUSPECT + more) for more in (-1, 0, 1, 7)]

    assert [taken.run_id for taken in claim()] == [trusted.run_id]
    assert [taken.run_id for taken in claim(crashes=SUSPECTS)] == [suspect.run_id]
    assert {taken.run_id for taken in claim(crashes=LONERS)} == {loner.run_id for loner in loners}


def test_the_token_grows_with_every_change_of_hands(claim: Claim) -> None:
    run = make_run()

    tokens = [0]
    for move in ("release", "reclaim", "release"):
        [taken] = claim(expired=True)
        tokens.append(taken.token)
        if move == "release":
            lease.release([(run.run_id, taken.token)])
        else:
            assert lease.reclaim(run.run_id, taken.token, crashes=1, progress=0, delay=timedelta(0))
        run.refresh_from_db()
        tokens.append(run.token)

    assert tokens == sorted(set(tokens))


def test_a_runs_epoch_stays_and_those_of_a_thread_grow(claim: Claim) -> None:
    thread = make_thread()
    first, second = make_run(thread, created_at=PAST), make_run(thread)

    [taken] = claim()
    lease.release([(first.run_id, taken.token)])
    [again] = claim()
    Run.objects.filter(run_id=first.run_id).update(status="success", owner=None)
    [then] = claim()

    assert (again.run_id, again.epoch, again.is_repeated) == (first.run_id, taken.epoch, True)
    assert then.run_id == second.run_id
    assert then.epoch > taken.epoch


def test_a_renewed_lease_lasts_longer(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()

    assert lease.renew([(run.run_id, taken.token)], lease=timedelta(minutes=5)) == {run.run_id: None}

    run.refresh_from_db()
    assert run.lease_until
    assert run.started_at
    assert is_from_before(run.started_at, run.lease_until - timedelta(minutes=5))


def test_who_was_replaced_is_missing_from_the_answer(claim: Claim) -> None:
    kept, reclaimed, over, deleted = (make_run() for _ in range(4))
    tokens = {taken.run_id: taken.token for taken in claim(expired=True)}
    lease.reclaim(reclaimed.run_id, 1, crashes=1, progress=0, delay=timedelta(0))
    Run.objects.filter(run_id=over.run_id).update(status="success", owner=None)
    Run.objects.filter(run_id=deleted.run_id)._raw_delete("default")

    assert lease.renew(tokens.items(), lease=FIFTEEN) == {kept.run_id: None}


def test_a_renewal_by_an_old_token_gives_the_new_owner_no_more_time(claim: Claim) -> None:
    run = make_run()
    [old] = claim(expired=True)
    lease.reclaim(run.run_id, old.token, crashes=1, progress=0, delay=timedelta(0))
    [new] = claim()

    assert lease.renew([(run.run_id, old.token)], lease=timedelta(hours=1)) == {}

    run.refresh_from_db()
    assert run.token == new.token
    assert run.lease_until
    assert run.lease_until < datetime.now(UTC) + timedelta(minutes=1)


def test_a_renewal_tells_of_the_wish_to_end(claim: Claim) -> None:
    wished, other = make_run(), make_run()
    tokens = {taken.run_id: taken.token for taken in claim()}
    Run.objects.filter(run_id=wished.run_id).update(cancel_action="rollback", cancel_reason="because")

    answer = lease.renew(tokens.items(), lease=FIFTEEN)

    assert answer == {wished.run_id: Wish("rollback", "because"), other.run_id: None}


def test_a_released_run_waits_again_and_is_not_charged(claim: Claim) -> None:
    run = make_run(queue="slow")
    [taken] = claim(queues=("slow",))

    assert lease.release([(run.run_id, taken.token)]) == {"slow"}

    run.refresh_from_db()
    assert (run.status, run.attempt, run.crashes, run.owner, run.lease_until) == ("pending", 0, 0, None, None)
    [again] = claim(queues=("slow",))
    assert again.attempt == 1


def test_a_release_may_ask_for_a_pause(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()

    lease.release([(run.run_id, taken.token)], delay=timedelta(minutes=1))

    assert claim() == []


def test_an_old_token_releases_nothing(claim: Claim) -> None:
    run = make_run()
    [old] = claim(expired=True)
    lease.reclaim(run.run_id, old.token, crashes=1, progress=0, delay=timedelta(0))
    claim()

    assert lease.release([(run.run_id, old.token)]) == set()

    run.refresh_from_db()
    assert (run.status, run.attempt) == ("running", 2)


def test_only_an_expired_lease_is_taken_away(claim: Claim) -> None:
    run = make_run()
    [taken] = claim()

    assert not lease.reclaim(run.run_id, taken.token, crashes=1, progress=0, delay=timedelta(0))

    run.refresh_from_db()
    assert (run.status, run.token, run.crashes) == ("running", taken.token, 0)


def test_a_reclaimed_run_waits_and_is_charged(claim: Claim) -> None:
    run = make_run()
    [taken] = claim(expired=True)

    assert lease.reclaim(run.run_id, taken.token, crashes=1, progress=4, delay=timedelta(0))

    run.refresh_from_db()
    assert (run.status, run.attempt, run.crashes, run.progress) == ("pending", 1, 1, 4)
    assert (run.owner, run.lease_until) == (None, None)


def test_a_lease_is_taken_away_once(claim: Claim) -> None:
    run = make_run()
    [taken] = claim(expired=True)

    answers = [lease.reclaim(run.run_id, taken.token, crashes=1, progress=0, delay=timedelta(0)) for _ in range(2)]

    assert answers == [True, False]


@pytest.mark.django_db(transaction=True)
def test_claimers_that_come_together_never_share_a_run(claim: Claim) -> None:
    for _ in range(10):
        thread = make_thread()
        runs = [make_run() for _ in range(20)] + [make_run(thread) for _ in range(5)]

        answers = race(*[lambda: claim(10)] * 4)

        taken = [each.run_id for leases in answers for each in leases]
        assert len(taken) == len(set(taken))
        assert len(taken) + len(claim()) == 21
        Run.objects.filter(run_id__in=[run.run_id for run in runs]).update(status="success", owner=None)


@pytest.mark.django_db(transaction=True)
def test_a_claim_does_not_wait_for_a_run_that_somebody_is_at(claim: Claim) -> None:
    busy, free = make_run(created_at=PAST), make_run()

    with transaction.atomic():
        Run.objects.select_for_update().get(run_id=busy.run_id)
        taken = ThreadPoolExecutor(1).submit(apart(claim)).result(timeout=2)

    assert [each.run_id for each in taken] == [free.run_id]


@pytest.mark.django_db(transaction=True)
def test_renewal_and_reclaim_have_one_winner(claim: Claim) -> None:
    for _ in range(20):
        run = make_run()
        [taken] = claim(expired=True)
        pair = (run.run_id, taken.token)

        renewed, reclaimed = race(
            lambda: bool(lease.renew([pair], lease=FIFTEEN)),  # noqa: B023 - the race ends in the round
            lambda: lease.reclaim(*pair, crashes=1, progress=0, delay=FIFTEEN),  # noqa: B023
        )

        run.refresh_from_db()
        assert renewed != reclaimed
        assert run.status == ("running" if renewed else "pending")
        Run.objects.filter(run_id=run.run_id).update(status="success", owner=None)


@pytest.mark.django_db(transaction=True)
def test_release_and_reclaim_have_one_winner(claim: Claim) -> None:
    for _ in range(20):
        run = make_run()
        [taken] = claim(expired=True)
        pair = (run.run_id, taken.token)

        released, reclaimed = race(
            lambda: bool(lease.release([pair])),  # noqa: B023 - the race ends in the round
            lambda: lease.reclaim(*pair, crashes=1, progress=0, delay=FIFTEEN),  # noqa: B023
        )

        run.refresh_from_db()
        assert released != reclaimed
        assert (run.attempt, run.crashes) == ((0, 0) if released else (1, 1))
        Run.objects.filter(run_id=run.run_id).update(status="success", owner=None)


@pytest.mark.django_db(transaction=True)
def test_a_run_taken_past_the_queue_costs_a_batch_only_the_others_of_its_thread(claim: Claim) -> None:
    """The constraint decides where the claim's own look could not know."""
    make_assistant()
    thread = make_thread()
    make_run(thread, created_at=PAST)
    newer = make_run(thread)
    free = make_run()
    in_between = threading.Event()

    def claim_late() -> list[Lease]:
        in_between.wait()
        return claim()

    def take_newer() -> list[Lease]:
        with transaction.atomic():
            taken = Run.objects.filter(run_id=newer.run_id)
            taken.update(status="running", owner=uuid4(), lease_until=datetime.now(UTC) + FIFTEEN)
            in_between.set()
            wait_until_somebody_waits()
        return []

    _, taken = race(take_newer, claim_late)

    assert [each.run_id for each in taken] == [free.run_id]


def wait_until_somebody_waits() -> None:
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT count(*), pg_sleep(0.01) FROM pg_locks WHERE NOT granted")
            [waiting, _] = cursor.fetchone() or (0, None)
            if waiting:
                return
