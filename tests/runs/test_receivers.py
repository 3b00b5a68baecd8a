"""A receiver that stands on a run is told of its end, whenever it was named."""

from typing import Any

import pytest

from langgraph_server.auth.filters import EVERYTHING
from langgraph_server.gateways.a2a import receivers, tasks
from langgraph_server.gateways.a2a.tasks import TaskId
from langgraph_server.gateways.errors import Unsupported
from runs.choices import RunStatus
from runs.ending import Ending
from runs.models import Run
from runs.settlement import settle
from tests.factories import make_run
from tests.runs.racing import race
from webhooks.models import Delivery

PUSH: dict[str, Any] = {
    "id": "c1",
    "url": "http://example.com/",
    "token": "sesame",
    "protocol": "a2a",
    "version": "0.3",
}


def end(run: Run, **fields: Any) -> bool:
    left = {"values": "{}", "thread_status": "idle", **fields}
    ending = Ending(run.run_id, run.thread_id, run.token, RunStatus.SUCCESS, **left)
    return run.run_id in settle([ending]).won


def name_receiver(run: Run) -> bool:
    task_id = TaskId(run.thread_id, run.run_id)
    try:
        receivers.keep(tasks.find(task_id, assistant_id=run.assistant_id, visible=EVERYTHING), PUSH)
    except Unsupported:
        return False
    return True


@pytest.mark.django_db
def test_the_end_and_the_delivery_are_one() -> None:
    run = make_run(status="running", push=PUSH)
    assert end(run)

    delivery = Delivery.objects.get(run_id=run.run_id)
    assert (delivery.url, delivery.headers) == ("http://example.com/", {"x-a2a-notification-token": "sesame"})
    assert (delivery.body["id"], delivery.body["status"]["state"]) == (f"{run.thread_id}:{run.run_id}", "completed")


@pytest.mark.django_db
def test_who_lost_the_run_tells_nobody() -> None:
    run = make_run(status="running", push=PUSH)
    run.token -= 1
    assert not end(run)
    assert not Delivery.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("metadata", [{}, {"a2a": 5}, {"a2a": {"task_id": 5}}, {"a2a": {"task_id": "zz"}}])
def test_whatever_its_metadata_became_a_run_can_end(metadata: dict[str, Any]) -> None:
    run = make_run(status="running", push=PUSH, metadata=metadata)
    assert end(run, interrupts='{"t": [5, {"id": "i"}]}', thread_status="interrupted")
    assert Delivery.objects.get().body["status"]["state"] == "input-required"


@pytest.mark.django_db
@pytest.mark.parametrize("values", ["null", "[]", '{"messages": 5}', '{"messages": [5, {"type": "ai", "content": 5}]}'])
def test_whatever_the_graph_left_a_run_can_end(values: str) -> None:
    run = make_run(status="running", push=PUSH)
    assert end(run, values=values)
    assert Delivery.objects.get().body["history"] == []


@pytest.mark.django_db
def test_a_run_that_never_was_is_not_told_of() -> None:
    run = make_run(status="running", push=PUSH)
    assert end(run, rollback=True)
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_receiver_named_at_the_very_end_is_told_or_refused() -> None:
    for _ in range(20):
        run = make_run(status="running")
        named, ended = race(lambda run=run: name_receiver(run), lambda run=run: end(run))  # type: ignore[misc] # bound
        assert ended
        assert Delivery.objects.filter(run_id=run.run_id).exists() == named
