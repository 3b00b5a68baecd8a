"""Admission without locks: what was read may have changed by the time of the insertion."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from assistants import lifecycle as assistants
from assistants.models import Assistant
from langgraph_server.errors import DomainError, Unavailable
from runs import unlocked, wanted
from runs.admission import admit
from runs.errors import ThreadBusy, ThreadOrAssistantNotFound
from runs.models import Run
from runs.requests import RunRequest
from tests.factories import make_assistant, make_request, make_run, make_thread
from tests.runs.racing import apart
from tests.support.pausing import PATIENCE, Move, interleavings, until, waiting
from threads import occupancy
from threads.models import Thread

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def assistant(monkeypatch: pytest.MonkeyPatch) -> Assistant:
    """This process has seen it."""
    monkeypatch.setattr(wanted, "REMEMBERED", {})
    made = make_assistant(metadata={"team": "old"})
    wanted.remembered([make_request()])
    return made


def admitted(request: RunRequest) -> Run:
    [answer] = admit([request])
    assert isinstance(answer, Run), answer
    return answer


def statements(*requests: RunRequest) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        answers = admit(requests)
    assert all(isinstance(answer, Run) for answer in answers)
    return [query["sql"].split()[0] for query in queries]


def test_stateless_runs_cost_one_statement() -> None:
    assert statements(*(make_request() for _ in range(5))) == ["WITH"]
    assert Run.objects.count() == 5


@pytest.mark.parametrize("strategy", ["reject", "enqueue", "interrupt", "rollback"])
def test_runs_on_threads_that_are_free_cost_two(strategy: str) -> None:
    wanted = [make_request(make_thread(), multitask_strategy=strategy) for _ in range(5)]

    assert statements(*wanted) == ["SELECT", "WITH"]


def test_a_run_behind_another_costs_two_as_well() -> None:
    run = make_run()

    assert statements(make_request(run.thread, multitask_strategy="enqueue")) == ["SELECT", "WITH"]


def test_an_assistant_is_taken_as_it_is_though_another_process_has_changed_it(assistant: Assistant) -> None:
    assistants.update(assistant.assistant_id, {"metadata": {"team": "new"}})

    run = admitted(make_request())

    assert (run.metadata["team"], run.assistant_version) == ("new", 2)
    assert statements(make_request()) == ["SELECT", "WITH"]
    assert statements(make_request()) == ["WITH"]


def test_an_assistant_that_was_deleted_is_gone(assistant: Assistant) -> None:
    thread = make_thread()
    assistants.delete(assistant.assistant_id, delete_threads=False)

    refusals = admit([make_request(), make_request(thread)])

    assert [type(each) for each in refusals] == [ThreadOrAssistantNotFound] * 2
    thread.refresh_from_db()
    assert thread.status == "idle"


def test_a_change_of_one_thread_is_nothing_to_the_others_that_came_with_it() -> None:
    threads = [make_thread() for _ in range(3)]
    read = occupancy.seen([thread.thread_id for thread in threads])
    Thread.objects.filter(thread_id=threads[1].thread_id).update(metadata={"a": 1})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(occupancy, "seen", lambda _: read)
        runs = unlocked.admit([make_request(thread) for thread in threads])

    assert {run.thread_id for run in runs.values()} == {threads[0].thread_id, threads[2].thread_id}
    assert dict(Thread.objects.values_list("thread_id", "status")) == {
        threads[0].thread_id: "busy",
        threads[1].thread_id: "idle",
        threads[2].thread_id: "busy",
    }


def while_locked(thread: Thread, request: RunRequest, **changes: Any) -> Run | DomainError:
    """What becomes of a request that waits before the thread's lock while its holder changes the row."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Thread.objects.select_for_update().get(thread_id=thread.thread_id)
            answers = pool.submit(apart(lambda: admit([request])))
            until(lambda: waiting() == 1)
            Thread.objects.filter(thread_id=thread.thread_id).update(**changes)
        [answer] = answers.result(PATIENCE)
    return answer


def test_who_waits_for_a_thread_goes_by_what_it_has_become() -> None:
    thread = make_thread(metadata={"a": 1})

    run = while_locked(thread, make_request(thread), metadata={"a": 2})

    assert isinstance(run, Run)
    assert run.metadata["a"] == 2


def test_who_waited_for_a_lock_that_changed_nothing_is_admitted() -> None:
    thread = make_thread()

    assert isinstance(while_locked(thread, make_request(thread), status=F("status")), Run)


@pytest.mark.parametrize("strategy", ["reject", "enqueue", "interrupt", "rollback"])
def test_two_requests_for_a_thread(strategy: str) -> None:
    """One after the other, whoever is first."""

    def moves() -> tuple[Move, Move]:
        Thread.objects.all().delete()
        thread = make_thread()
        one, two = (make_request(thread, multitask_strategy=strategy) for _ in range(2))
        return lambda: admit([one]), lambda: admit([two])

    left = {"reject": ["pending"], "rollback": ["pending"], "enqueue": ["pending"] * 2}
    for answers in interleavings(moves):
        refusals = [answer for [answer] in answers if isinstance(answer, ThreadBusy)]
        assert len(refusals) == (strategy == "reject")
        assert sorted(Run.objects.values_list("status", flat=True)) == left.get(strategy, ["interrupted", "pending"])
        assert Thread.objects.get().status == "busy"


def test_two_batches_that_name_the_same_threads_in_another_order() -> None:
    def moves() -> tuple[Move, Move]:
        Thread.objects.all().delete()
        threads = [make_thread() for _ in range(3)]
        ways = [[make_request(thread) for thread in way] for way in (threads, reversed(threads))]
        return lambda: admit(ways[0]), lambda: admit(ways[1])

    for answers in interleavings(moves):
        assert all(isinstance(answer, Run) for batch in answers for answer in batch)
        assert Run.objects.count() == 6


def test_trouble_of_a_run_that_needs_a_lock_is_nothing_to_those_that_need_none() -> None:
    thread = make_thread()
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        Thread.objects.select_for_update().get(thread_id=thread.thread_id)
        wanted = [make_request(thread, idempotency_key="k"), make_request()]
        [refused, run] = pool.submit(apart(lambda: admit_impatiently(wanted))).result(PATIENCE)

    assert isinstance(refused, Unavailable)
    assert isinstance(run, Run)
    assert Run.objects.get() == run


def admit_impatiently(requests: list[RunRequest]) -> list[Run | DomainError]:
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '200ms'")
    return admit(requests)
