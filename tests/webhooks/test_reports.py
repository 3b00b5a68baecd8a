"""Every end of a run that wants to be told is recorded in the transaction that ends it, and not before."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils.timezone import now

from runs import cancellation
from runs.admission import admit
from runs.choices import CancelAction
from runs.execution.outcome import Cancelled, Failure, Success, TimedOut, ending
from runs.lease import Lease, claim
from runs.models import Run
from runs.settlement import settle
from runs.sweeper import sweep
from tests.factories import make_assistant, make_request, make_run, make_thread
from tests.webhooks.conftest import Configure
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db

HOOK = "http://127.0.0.1:1/hook"
VALUES = {"said": "new"}


@pytest.fixture(autouse=True)
def _open(configure: Configure) -> None:
    configure()


def taken(**kwargs: Any) -> Lease:
    thread = make_thread(status="busy", values={"said": "old"})
    make_run(thread, kwargs={"webhook": HOOK, **kwargs})
    [lease] = claim(owner=uuid4(), queues=("default",), limit=1, lease=timedelta(seconds=15))
    return lease


def told(lease: Lease, outcome: Any) -> dict[str, Any]:
    settle([ending(lease, outcome, final_seq=None)])
    delivery = Delivery.objects.get()
    assert (delivery.run_id, delivery.url, delivery.state) == (lease.run_id, HOOK, "pending")
    return dict(delivery.body)


def test_of_a_success_everything_is_told() -> None:
    lease = taken()
    assert not Delivery.objects.exists()

    body = told(lease, Success(VALUES, {}, waits=False))

    assert list(body) == [
        "run_id",
        "thread_id",
        "assistant_id",
        "metadata",
        "status",
        "kwargs",
        "multitask_strategy",
        "created_at",
        "updated_at",
        "langsmith_session_name",
        "run_started_at",
        "run_ended_at",
        "values",
    ]
    assert (body["status"], body["values"], body["kwargs"]["webhook"]) == ("success", VALUES, HOOK)
    assert body["run_started_at"] <= body["run_ended_at"]


@pytest.mark.parametrize(
    ("outcome", "status", "values", "error"),
    [
        (Success(VALUES, {"task": []}, waits=True), "success", VALUES, None),
        (Failure(ValueError("boom!"), VALUES), "error", VALUES, "ValueError"),
        (TimedOut(60, VALUES), "timeout", VALUES, "TimeoutError"),
        (Cancelled("interrupt", "because", Success(VALUES, {}, waits=False)), "interrupted", VALUES, "UserInterrupt"),
        (Cancelled("rollback", "because", None), "rollback", None, "UserRollback"),
    ],
)
def test_how_it_ended(outcome: Any, status: str, values: Any, error: str | None) -> None:
    body = told(taken(), outcome)

    assert (body["status"], body["values"]) == (status, values)
    assert (body.get("error") or {}).get("error") == error


def test_of_a_temporary_run_no_values_are_told() -> None:
    assert told(taken(temporary=True), Success(VALUES, {}, waits=False))["values"] is None


@pytest.mark.parametrize(("action", "status"), [("interrupt", "interrupted"), ("rollback", "rollback")])
def test_a_run_that_is_cancelled_before_it_began_is_told(action: str, status: str) -> None:
    thread = make_thread(status="busy", values={"said": "old"})
    run = make_run(thread, kwargs={"webhook": HOOK})

    cancellation.cancel([run.run_id], action=CancelAction(action), reason="because")

    body = Delivery.objects.get().body
    assert (body["status"], body["run_started_at"]) == (status, None)
    assert body["values"] == (None if action == "rollback" else {"said": "old"})


def test_a_run_that_is_given_up_is_told() -> None:
    make_run(
        status="running",
        kwargs={"webhook": HOOK},
        charges=settings.RUN_ATTEMPTS,
        lease_until=now() - timedelta(minutes=1),
    )

    sweep()

    body = Delivery.objects.get().body
    assert (body["status"], body["error"]["error"]) == ("error", "WorkerLost")


def test_who_lost_the_run_tells_nothing() -> None:
    lease = taken()
    Run.objects.update(token=lease.token + 1)

    settle([ending(lease, Success(VALUES, {}, waits=False), final_seq=None)])

    assert not Delivery.objects.exists()


def test_a_run_without_a_webhook_tells_nobody() -> None:
    settle([ending(taken(webhook=None), Success(VALUES, {}, waits=False), final_seq=None)])

    assert not Delivery.objects.exists()


def test_a_forbidden_webhook_refuses_its_run_alone(configure: Configure) -> None:
    make_assistant()
    good, bad = make_request(make_thread()), make_request(make_thread(), webhook="http://169.254.169.254/")

    admitted, refused = admit([good, bad])

    assert isinstance(admitted, Run)
    assert str(refused) == "Webhook host blocked: blocked IP range"
