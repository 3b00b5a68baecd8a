"""The receiver of a task's push notifications: kept on the runs that it is to be told of."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from langgraph_server.gateways.a2a.tasks import Task, runs_of
from langgraph_server.gateways.errors import BadParams, Unsupported
from runs.models import Run
from webhooks import destinations


def expect_address(push: Mapping[str, Any]) -> None:
    """One that notifications may go to; judged again at each connection."""
    destinations.refuse(push["url"])


def keep(task: Task, push: Mapping[str, Any]) -> None:
    """A run that ends in this moment has told nobody, and so refuses."""
    runs = Run.objects.filter(run_id=task.last.run_id)
    if not (runs if task.state == "input-required" else runs.active()).update(push=push):
        raise Unsupported(detail=f"Task {task.id} is over: there is nothing to notify of")


def kept(task: Task) -> dict[str, Any]:
    if task.last.push is None:
        raise BadParams(detail=f"Task {task.id} has no push notification configuration")
    return dict(task.last.push)


def forget(task: Task) -> None:
    runs_of(task.id).update(push=None)


def active_runs(task: Task) -> list[UUID]:
    return list(runs_of(task.id).active().values_list("run_id", flat=True))
