"""Rows for tests: one function a model; they build, they do not decide."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from assistants.builtin import assistant_id_of
from assistants.models import Assistant
from runs.models import Run
from threads.models import Thread


def make_assistant(graph_id: str = "echo", **fields: Any) -> Assistant:
    fields = {"assistant_id": assistant_id_of(graph_id), "name": graph_id, **fields}
    return Assistant.objects.create(graph_id=graph_id, **fields)


def make_thread(**fields: Any) -> Thread:
    return Thread.objects.create(**fields)


def make_run(thread: Thread | None = None, *, owner: UUID | None = None, **fields: Any) -> Run:
    now = datetime.now(UTC)
    kwargs = {"resumable": False, "temporary": False, **fields.pop("kwargs", {})}
    if fields.get("status") == "running":
        fields = {
            "owner": owner or uuid4(),
            "lease_until": now,
            "token": 1,
            "attempt": 1,
            "epoch": 1,
            **fields,
        }
    return Run.objects.create(
        thread=thread or make_thread(status="busy"),
        graph_id="echo",
        kwargs=kwargs,
        **{"assistant_id": assistant_id_of("echo"), "created_at": now, "due_at": now, **fields},
    )
