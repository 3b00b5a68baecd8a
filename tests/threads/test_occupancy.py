"""Who occupies a thread: its row is the lock."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.factories import make_thread
from tests.runs.racing import race
from threads import occupancy
from threads.models import Thread
from threads.occupancy import Rest

pytestmark = pytest.mark.django_db

PAST = datetime(2026, 1, 1, tzinfo=UTC)


def test_locking_gives_the_threads_that_exist() -> None:
    one, two = make_thread(), make_thread()
    make_thread()

    locked = occupancy.lock([one.thread_id, two.thread_id, uuid4(), one.thread_id])

    assert locked == {one.thread_id: one, two.thread_id: two}


def test_threads_are_locked_in_the_order_of_their_ids() -> None:
    with CaptureQueriesContext(connection) as queries:
        occupancy.lock([make_thread().thread_id])

    assert queries[-1]["sql"].endswith("ORDER BY thread_id FOR NO KEY UPDATE")


def test_a_thread_comes_to_rest_with_what_it_is_given() -> None:
    thread = make_thread(status="busy", updated_at=PAST, state_updated_at=PAST, metadata={"a": 1})

    occupancy.come_to_rest([Rest(thread.thread_id, "interrupted", '{"n": 1}', '{"t": []}', '{"error": "E"}')])

    thread.refresh_from_db()
    assert (thread.status, thread.values, thread.interrupts) == ("interrupted", {"n": 1}, {"t": []})
    assert (thread.error, thread.metadata) == ({"error": "E"}, {"a": 1})
    assert thread.updated_at == thread.state_updated_at > PAST


def test_a_thread_keeps_what_it_is_not_given_but_no_error() -> None:
    thread = make_thread(values={"n": 1}, interrupts={"t": []}, error={"error": "E"})

    occupancy.come_to_rest([Rest(thread.thread_id, "idle")])

    thread.refresh_from_db()
    assert (thread.values, thread.interrupts, thread.error) == ({"n": 1}, {"t": []}, None)


def test_many_threads_come_to_rest_each_its_own_way() -> None:
    threads = [make_thread(status="busy") for _ in range(3)]

    occupancy.come_to_rest([Rest(t.thread_id, "error", f'{{"n": {n}}}') for n, t in enumerate(threads[:2])])

    rows = Thread.objects.in_bulk([thread.thread_id for thread in threads])
    assert [(rows[t.thread_id].status, rows[t.thread_id].values) for t in threads] == [
        ("error", {"n": 0}),
        ("error", {"n": 1}),
        ("busy", None),
    ]


def test_nobody_to_change_is_fine() -> None:
    occupancy.come_to_rest([])


@pytest.mark.django_db(transaction=True)
def test_who_holds_the_lock_is_alone() -> None:
    threads = [make_thread(metadata={"n": 0}) for _ in range(2)]

    def count() -> None:
        for turn in range(10):
            with transaction.atomic():
                ids = [thread.thread_id for thread in threads[:: 1 if turn % 2 else -1]]
                locked = occupancy.lock(ids)
                for thread in locked.values():
                    thread.metadata["n"] += 1
                    thread.save(update_fields=["metadata"])

    race(*[count] * 6)

    assert [thread.metadata for thread in Thread.objects.all()] == [{"n": 60}] * 2
