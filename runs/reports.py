"""What the webhook of a run that ends is told: the run as the wire shows it, how it ended, and what it left."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from langgraph_server.auth.principal import KNOWN
from runs.ending import Ending
from runs.models import Run
from runs.protocols import PROTOCOLS
from threads.models import Thread
from webhooks.outbox import Report

ROLLBACK = "rollback"


def of(endings: Sequence[Ending]) -> list[Report]:
    """Of runs whose rows have just ended, and not yet gone."""
    if not endings:
        return []
    runs = Run.objects.in_bulk([ending.run_id for ending in endings])
    kept = values_of_threads([ending.thread_id for ending in endings if ending.values is None])
    return [report(runs[ending.run_id], ending, kept) for ending in endings if ending.run_id in runs]


def pushes(run_ids: Sequence[UUID]) -> list[Report]:
    """Of runs that are over, but for those rolled back: they never were."""
    if not run_ids:
        return []
    runs = Run.objects.filter(run_id__in=run_ids).select_related("thread")
    reports = (PROTOCOLS[run.push["protocol"]](run) for run in runs if run.push)
    return [report for report in reports if report is not None]


def report(run: Run, ending: Ending, kept: Mapping[UUID, Any]) -> Report:
    body = {
        "run_id": run.run_id,
        "thread_id": run.thread_id,
        "assistant_id": run.assistant_id,
        "metadata": run.metadata,
        "status": ROLLBACK if ending.rollback else ending.status,
        "kwargs": discreet(run.kwargs),
        "multitask_strategy": run.multitask_strategy,
        "created_at": run.created_at,
        "updated_at": run.updated_at,
        "langsmith_session_name": None,
        "run_started_at": run.started_at,
        "run_ended_at": run.ended_at,
        "values": values(run, ending, kept),
    }
    return Report(run.run_id, run.kwargs["webhook"], {**body, "error": run.error} if run.error else body)


def discreet(kwargs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Authentication may have told the graph more of its user, tokens above all, than goes to another server."""
    config = kwargs.get("config") or {}
    configurable = config.get("configurable") or {}
    user = configurable.get("langgraph_auth_user")
    if not user:
        return kwargs
    shown = {name: user[name] for name in KNOWN if name in user}
    return {**kwargs, "config": {**config, "configurable": {**configurable, "langgraph_auth_user": shown}}}


def values(run: Run, ending: Ending, kept: Mapping[UUID, Any]) -> Any:
    """Nothing stays of a stateless or rolled back run."""
    if ending.rollback or run.kwargs.get("temporary"):
        return None
    return kept.get(run.thread_id) if ending.values is None else orjson.loads(ending.values)


def values_of_threads(thread_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """As they were before: their runs left none."""
    if not thread_ids:
        return {}
    return dict(Thread.objects.filter(thread_id__in=thread_ids).values_list("thread_id", "values"))
