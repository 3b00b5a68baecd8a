"""Threads come and go."""

from uuid import UUID, uuid4

import pytest

from langgraph_server.checkpoints.models import Checkpoint, CheckpointBlob, CheckpointWrite
from langgraph_server.errors import DomainError
from runs.ending import Ending
from runs.models import Run, RunEvent
from runs.settlement import settle
from tests.factories import make_checkpoint, make_run, make_thread
from tests.runs.racing import race
from threads import lifecycle
from threads.errors import ThreadExists, ThreadNotFound
from threads.models import Thread

pytestmark = pytest.mark.django_db


def test_a_new_thread_is_idle_and_empty() -> None:
    thread = lifecycle.create(Thread(metadata={"a": 1}))

    thread.refresh_from_db()
    assert (thread.status, thread.values, thread.error, thread.interrupts) == ("idle", None, None, {})
    assert (thread.metadata, thread.config, thread.temporary) == ({"a": 1}, {}, False)
    assert thread.created_at == thread.updated_at == thread.state_updated_at


def test_a_client_may_choose_the_id() -> None:
    thread_id = uuid4()

    assert lifecycle.create(Thread(thread_id=thread_id)).thread_id == thread_id
    assert lifecycle.get(thread_id).thread_id == thread_id


def test_an_id_is_given_once() -> None:
    thread = make_thread(metadata={"a": 1})

    with pytest.raises(ThreadExists, match=f"Thread with ID {thread.thread_id} already exists"):
        lifecycle.create(Thread(thread_id=thread.thread_id, metadata={"b": 2}))

    assert Thread.objects.get().metadata == {"a": 1}


def test_a_thread_that_is_there_may_be_what_was_wanted() -> None:
    thread = make_thread(metadata={"a": 1}, status="busy")

    found = lifecycle.create(Thread(thread_id=thread.thread_id, metadata={"b": 2}), if_exists="do_nothing")

    assert (found.thread_id, found.metadata, found.status) == (thread.thread_id, {"a": 1}, "busy")


def test_an_unknown_thread_is_not_found() -> None:
    thread_id = uuid4()

    with pytest.raises(ThreadNotFound, match=f"Thread with ID {thread_id} not found"):
        lifecycle.get(thread_id)


def test_a_deleted_thread_takes_everything_along() -> None:
    run, other = make_run(), make_run()
    for each in (run, other):
        make_checkpoint(each)
        key = {"thread_id": str(each.thread_id), "channel": "said", "version": "1"}
        CheckpointBlob.objects.create(**key, type="null", blob=b"")
        RunEvent.objects.create(run=each, seq=1, event="metadata", data="{}")

    lifecycle.delete(run.thread_id)

    assert list(Thread.objects.all()) == [other.thread]
    assert list(Run.objects.all()) == [other]
    assert [event.run_id for event in RunEvent.objects.all()] == [other.run_id]
    for table in (Checkpoint, CheckpointBlob, CheckpointWrite):
        both = [str(run.thread_id), str(other.thread_id)]
        assert [row.thread_id for row in table.objects.filter(thread_id__in=both)] == [str(other.thread_id)]


def test_a_thread_is_deleted_once() -> None:
    thread = make_thread()
    lifecycle.delete(thread.thread_id)

    with pytest.raises(ThreadNotFound):
        lifecycle.delete(thread.thread_id)


def test_many_threads_are_deleted_and_counted() -> None:
    threads = [make_thread() for _ in range(3)]

    assert lifecycle.delete_rows([*(thread.thread_id for thread in threads[:2]), uuid4()]) == 2

    assert list(Thread.objects.all()) == [threads[2]]


def test_no_threads_to_delete_is_fine() -> None:
    assert lifecycle.delete_rows([]) == 0


def create_one(thread_id: UUID, if_exists: str) -> Thread | DomainError:
    try:
        return lifecycle.create(Thread(thread_id=thread_id), if_exists=if_exists)
    except DomainError as refusal:
        return refusal


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("if_exists", "made"), [("raise", 1), ("do_nothing", 8)])
def test_many_who_want_the_same_thread_get_one(if_exists: str, made: int) -> None:
    for _ in range(5):
        thread_id = uuid4()

        answers = race(*[lambda: create_one(thread_id, if_exists)] * 8)  # noqa: B023 - the race ends in the round

        assert sum(isinstance(answer, Thread) for answer in answers) == made
        assert all(isinstance(answer, Thread | ThreadExists) for answer in answers)
        assert Thread.objects.filter(thread_id=thread_id).count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_comes_back_of_a_thread_that_is_deleted_while_its_run_ends() -> None:
    for _ in range(10):
        run = make_run(status="running", kwargs={"resumable": True})
        end = Ending(run.run_id, run.thread_id, 1, "success", values="{}", thread_status="idle", final_seq=1)

        race(lambda: lifecycle.delete(run.thread_id), lambda: settle([end]))  # noqa: B023 - ends in the round

        assert not Thread.objects.exists()
        assert not Run.objects.exists()
        assert not RunEvent.objects.exists()
