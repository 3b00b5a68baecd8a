"""A run is asked for: which are admitted, which are refused, and what they do to the others of their thread."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from assistants.builtin import assistant_id_of
from langgraph_server.config.loading import server_config
from langgraph_server.configurations import ContextAndConfigurable
from langgraph_server.errors import DomainError
from runs import lease, unlocked
from runs.admission import admit
from runs.choices import RunStatus
from runs.errors import (
    ResumeNeedsThread,
    ThreadBusy,
    ThreadOrAssistantNotFound,
    UnknownAssistant,
)
from runs.models import Run
from runs.requests import RunRequest
from tests.factories import make_assistant, make_request, make_run, make_thread
from tests.runs.conftest import Claim
from tests.runs.racing import apart, race
from tests.support.pausing import PATIENCE, until, waiting
from threads.models import Thread

pytestmark = pytest.mark.django_db(transaction=True)

STRANGER = "0d5d2c5e-1f3c-4d5e-8f3a-3c1c7a9e2b10"
STRATEGIES = ["reject", "enqueue", "interrupt", "rollback"]


@pytest.fixture(autouse=True, params=["without locks", "under locks"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answers by both."""
    if request.param == "under locks":
        monkeypatch.setattr(unlocked, "admit", lambda _: {})


@pytest.fixture(autouse=True)
def echo_assistant(db: None) -> None:
    make_assistant(metadata={"created_by": "system"})


def admitted(request: RunRequest) -> Run:
    [answer] = admit([request])
    assert isinstance(answer, Run), answer
    return answer


def refused(request: RunRequest) -> DomainError:
    [answer] = admit([request])
    assert isinstance(answer, DomainError), answer
    return answer


def test_an_admitted_run_waits_and_its_thread_is_busy() -> None:
    thread = make_thread()

    run = Run.objects.get(run_id=admitted(make_request(thread, input={"said": "hi"})).run_id)

    thread.refresh_from_db()
    assert (run.status, run.thread_id, run.attempt, run.token) == (RunStatus.PENDING, thread.thread_id, 0, 0)
    assert run.kwargs["input"] == {"said": "hi"}
    assert thread.status == "busy"


@pytest.mark.parametrize("name", ["echo", str(assistant_id_of("echo")), assistant_id_of("echo").hex.upper()])
def test_an_assistant_is_named_by_its_graph_or_by_its_id(name: str) -> None:
    run = admitted(make_request(make_thread(), assistant=name))

    assert (run.assistant_id, run.graph_id) == (assistant_id_of("echo"), "echo")


def test_a_name_that_is_neither_graph_nor_id_is_told_what_there_is() -> None:
    refusal = refused(make_request(make_thread(), assistant="nope"))

    assert isinstance(refusal, UnknownAssistant)
    assert str(refusal).startswith("Invalid assistant: 'nope'. Must be either:\n- A valid assistant UUID, or\n")
    assert ", ".join(sorted(server_config().graphs)) in str(refusal)


@pytest.mark.parametrize("name", ["chat", STRANGER])
def test_an_assistant_without_a_row_is_not_found(name: str) -> None:
    assert isinstance(refused(make_request(make_thread(), assistant=name)), ThreadOrAssistantNotFound)


def test_an_unknown_thread_is_not_found() -> None:
    assert isinstance(refused(make_request(thread_id=uuid4())), ThreadOrAssistantNotFound)
    assert not Thread.objects.exists()


def test_an_unknown_thread_is_made_for_who_asks_for_it() -> None:
    thread_id = uuid4()

    run = admitted(make_request(thread_id=thread_id, if_not_exists="create"))

    thread = Thread.objects.get(thread_id=thread_id)
    assert (run.thread_id, thread.status, thread.temporary) == (thread_id, "busy", False)


def test_a_known_thread_stays_what_it_is_for_who_would_have_made_it() -> None:
    thread = make_thread(metadata={"kept": True})

    admitted(make_request(thread, if_not_exists="create"))

    assert Thread.objects.get().metadata["kept"] is True


@pytest.mark.parametrize("name", ["nope", STRANGER])
def test_a_refused_run_leaves_no_thread_behind(name: str) -> None:
    refused(make_request(thread_id=uuid4(), assistant=name, if_not_exists="create"))

    assert not Thread.objects.exists()


@pytest.mark.parametrize("temporary", [True, False])
def test_a_stateless_run_gets_a_thread_of_its_own(temporary: bool) -> None:
    one, two = (admitted(make_request(temporary=temporary)) for _ in range(2))

    assert one.thread_id != two.thread_id
    thread = Thread.objects.get(thread_id=one.thread_id)
    assert (thread.status, thread.temporary) == ("busy", temporary)
    assert thread.metadata["graph_id"] == "echo"


def test_a_stateless_run_has_nothing_to_resume() -> None:
    assert isinstance(refused(make_request(command={"resume": 1})), ResumeNeedsThread)
    assert not Thread.objects.exists()


def test_a_stateless_run_may_have_another_command() -> None:
    assert admitted(make_request(command={"goto": "echo"})).kwargs["command"] == {"goto": "echo"}


def test_a_resume_waits_behind_the_run_it_resumes() -> None:
    thread = make_thread()
    first = admitted(make_request(thread))
    second = admitted(make_request(thread, command={"resume": "yes"}))

    assert first.created_at < second.created_at


def test_a_delayed_run_is_created_in_the_future() -> None:
    thread = make_thread()
    before = timezone.now()

    run = admitted(make_request(thread, after_seconds=30.5))

    assert run.created_at - before >= timedelta(seconds=30.5)
    assert run.created_at - timezone.now() <= timedelta(seconds=30.5)
    assert run.due_at == run.created_at
    assert run.updated_at < run.created_at
    thread.refresh_from_db()
    assert (run.status, thread.status) == ("pending", "busy")


def test_metadata_of_assistant_thread_and_request_become_the_runs() -> None:
    thread = make_thread(metadata={"whose": "thread", "of": "thread"})

    forged = {"thread_id": "forged", "assistant_id": "forged"}
    config = {"metadata": {"of": "config", "whose": "config", **forged}}
    run = admitted(make_request(thread, metadata={"of": "request", **forged}, config=config))

    assert run.kwargs["config"]["metadata"] == run.metadata
    assert run.metadata == {
        "created_by": "system",
        "whose": "config",
        "of": "request",
        "graph_id": "echo",
        "assistant_id": str(assistant_id_of("echo")),
    }


def test_a_thread_remembers_graph_and_configuration_of_its_last_run() -> None:
    thread = make_thread(metadata={"mine": 1})

    admitted(make_request(thread, config={"tags": ["a"], "configurable": {"tone": "kind"}}))

    thread.refresh_from_db()
    assert thread.metadata == {"mine": 1, "graph_id": "echo", "assistant_id": str(assistant_id_of("echo"))}
    assert thread.config == {"tags": ["a"], "configurable": {"tone": "kind"}}


def test_a_contradictory_request_changes_nothing() -> None:
    thread = make_thread()
    other = make_run(thread)
    both: dict[str, Any] = {"config": {"configurable": {"a": 1}}, "context": {"b": 2}}

    refusal = refused(make_request(thread, multitask_strategy="rollback", **both))

    assert isinstance(refusal, ContextAndConfigurable)
    assert list(Run.objects.all()) == [other]


@pytest.mark.parametrize("status", ["pending", "running"])
def test_reject_refuses_beside_an_active_run(status: str) -> None:
    thread = make_thread(status="busy", metadata={"kept": True})
    make_run(thread, status=status)

    refusal = refused(make_request(thread, multitask_strategy="reject"))

    thread.refresh_from_db()
    assert isinstance(refusal, ThreadBusy)
    assert (Run.objects.count(), thread.metadata) == (1, {"kept": True})


@pytest.mark.parametrize("status", sorted(RunStatus.TERMINAL))
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_admits_beside_runs_that_are_over(strategy: str, status: str) -> None:
    thread = make_thread()
    over = make_run(thread, status=status)

    admitted(make_request(thread, multitask_strategy=strategy))

    over.refresh_from_db()
    assert (over.status, over.error) == (status, None)


def test_enqueue_leaves_the_others_alone() -> None:
    thread = make_thread()
    running, waiting = make_run(thread, status="running"), make_run(thread)

    admitted(make_request(thread, multitask_strategy="enqueue"))

    assert Run.objects.get(run_id=running.run_id).cancel_action is None
    assert Run.objects.get(run_id=waiting.run_id).status == "pending"


def test_interrupt_ends_what_waits_and_tells_what_runs() -> None:
    thread = make_thread()
    running, waiting = make_run(thread, status="running"), make_run(thread)

    run = admitted(make_request(thread, multitask_strategy="interrupt"))

    reason = f"superseded by run {run.run_id} (multitask_strategy=interrupt)"
    for row in (running, waiting, thread):
        row.refresh_from_db()
    assert (running.status, running.cancel_action, running.cancel_reason) == ("running", "interrupt", reason)
    assert (waiting.status, waiting.error) == ("interrupted", {"error": "UserInterrupt", "message": reason})
    assert (thread.status, thread.error) == ("busy", None)


def test_rollback_deletes_what_waits_and_tells_what_runs() -> None:
    thread = make_thread()
    running, waiting = make_run(thread, status="running"), make_run(thread)

    admitted(make_request(thread, multitask_strategy="rollback"))

    running.refresh_from_db()
    thread.refresh_from_db()
    assert (running.status, running.cancel_action) == ("running", "rollback")
    assert not Run.objects.filter(run_id=waiting.run_id).exists()
    assert thread.status == "busy"
    assert thread.error is None


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_runs_of_other_threads_are_nobodys_business(strategy: str) -> None:
    elsewhere = make_run()

    admitted(make_request(make_thread(), multitask_strategy=strategy))

    elsewhere.refresh_from_db()
    assert (elsewhere.status, elsewhere.cancel_action) == ("pending", None)


def test_a_refusal_does_not_fail_its_neighbours() -> None:
    busy = make_run().thread
    requests = [
        make_request(make_thread()),
        make_request(thread_id=uuid4()),
        make_request(assistant="nope"),
        make_request(busy, multitask_strategy="reject"),
        make_request(command={"resume": 1}),
        make_request(),
    ]

    answers = admit(requests)

    assert [type(answer) for answer in answers] == [
        Run,
        ThreadOrAssistantNotFound,
        UnknownAssistant,
        ThreadBusy,
        ResumeNeedsThread,
        Run,
    ]
    assert [run.run_id for run in answers if isinstance(run, Run)] == [requests[0].run_id, requests[5].run_id]


def test_runs_of_one_batch_queue_up_on_their_thread_in_its_order() -> None:
    one, two = make_thread(), make_thread()
    requests = [make_request(thread) for thread in (one, two, one, one, two)]

    answers = admit(requests)

    assert [answer.run_id for answer in answers if isinstance(answer, Run)] == [r.run_id for r in requests]
    for thread in (one, two):
        queue = Run.objects.of_thread(thread.thread_id).order_by("created_at").values_list("run_id", flat=True)
        assert list(queue) == [r.run_id for r in requests if r.thread_id == thread.thread_id]


def test_a_run_is_rejected_for_an_older_one_of_the_same_batch() -> None:
    thread = make_thread()

    first, second = admit([make_request(thread, multitask_strategy="reject") for _ in range(2)])

    assert isinstance(first, Run)
    assert isinstance(second, ThreadBusy)


def test_a_run_interrupts_an_older_one_of_the_same_batch() -> None:
    thread = make_thread()

    first, second = admit([make_request(thread, multitask_strategy="interrupt") for _ in range(2)])

    assert statuses(thread.thread_id) == {"interrupted": 1, "pending": 1}
    assert isinstance(first, Run)
    assert isinstance(second, Run)
    assert Run.objects.get(status="pending").run_id == second.run_id


def statuses(thread_id: UUID) -> dict[str, int]:
    found = list(Run.objects.of_thread(thread_id).values_list("status", flat=True))
    return {status: found.count(status) for status in sorted(set(found))}


POSTS = 20
ROUNDS = 4


def post_together(strategy: str) -> tuple[UUID, list[Run | DomainError]]:
    thread_id = uuid4()
    requests = [
        make_request(thread_id=thread_id, if_not_exists="create", multitask_strategy=strategy) for _ in range(POSTS)
    ]
    answers = race(*(lambda request=request: admit([request])[0] for request in requests))
    return thread_id, answers


@pytest.mark.django_db(transaction=True)
def test_reject_admits_exactly_one_of_many_that_come_together() -> None:
    for _ in range(ROUNDS):
        thread_id, answers = post_together("reject")

        assert sorted(type(answer).__name__ for answer in answers) == ["Run"] + ["ThreadBusy"] * (POSTS - 1)
        assert statuses(thread_id) == {"pending": 1}


@pytest.mark.django_db(transaction=True)
def test_enqueue_executes_all_that_come_together_one_after_the_other(claim: Claim) -> None:
    for _ in range(ROUNDS):
        thread_id, _ = post_together("enqueue")
        assert statuses(thread_id) == {"pending": POSTS}

        queue = list(Run.objects.of_thread(thread_id).order_by("created_at").values_list("run_id", flat=True))
        for run_id in queue:
            assert [lease.run_id for lease in claim()] == [run_id]
            Run.objects.filter(run_id=run_id).update(status="success", owner=None)


@pytest.mark.django_db(transaction=True)
def test_interrupt_leaves_one_of_many_that_come_together() -> None:
    for _ in range(ROUNDS):
        thread_id, answers = post_together("interrupt")

        assert all(isinstance(answer, Run) for answer in answers)
        assert statuses(thread_id) == {"interrupted": POSTS - 1, "pending": 1}
        assert Thread.objects.get(thread_id=thread_id).status == "busy"
        last = Run.objects.of_thread(thread_id).order_by("created_at").last()
        assert last
        assert last.status == "pending"


@pytest.mark.django_db(transaction=True)
def test_rollback_leaves_nothing_of_the_others_that_came_together() -> None:
    for _ in range(ROUNDS):
        thread_id, answers = post_together("rollback")

        assert all(isinstance(answer, Run) for answer in answers)
        assert statuses(thread_id) == {"pending": 1}
        assert Thread.objects.get(thread_id=thread_id).status == "busy"


@pytest.mark.django_db(transaction=True)
def test_batches_that_make_the_same_threads_in_another_order_do_not_block_each_other() -> None:
    for _ in range(ROUNDS):
        requests = [make_request(thread_id=uuid4(), if_not_exists="create") for _ in range(200)]
        again = [make_request(thread_id=request.thread_id, if_not_exists="create") for request in reversed(requests)]

        answers = race(lambda: admit(requests), lambda: admit(again))  # noqa: B023 - the race ends in the round

        assert all(isinstance(answer, Run) for answer in answers[0] + answers[1])


def test_runs_that_several_requests_supersede_are_locked_in_the_order_of_their_renewal() -> None:
    """One thread's after another's, a renewal that has the first of them waits for the second, and the reverse."""
    first, second = sorted((make_run(status="running") for _ in range(2)), key=lambda run: run.run_id)
    requests = [make_request(run.thread, multitask_strategy="interrupt") for run in (second, first)]
    held = [(run.run_id, run.token) for run in (first, second)]

    with ThreadPoolExecutor(2) as pool:
        with transaction.atomic():
            Run.objects.select_for_update().get(run_id=first.run_id)
            renewed = pool.submit(apart(lambda: lease.renew(held, lease=timedelta(seconds=30))))
            until(lambda: waiting() == 1)
            answers = pool.submit(apart(lambda: admit(requests)))
            until(lambda: waiting() == 2)
        assert renewed.result(PATIENCE).keys() == {first.run_id, second.run_id}
        assert all(isinstance(answer, Run) for answer in answers.result(PATIENCE))
