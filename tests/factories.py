"""Rows for tests: one function a model; they build, they do not decide."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from assistants.builtin import assistant_id_of
from assistants.models import Assistant
from langgraph_server.checkpoints.models import Checkpoint, CheckpointWrite
from langgraph_server.ids import uuid7
from runs.models import Run
from runs.requests import RunRequest
from threads.models import Thread


def make_assistant(graph_id: str = "echo", **fields: Any) -> Assistant:
    fields = {"assistant_id": assistant_id_of(graph_id), "name": graph_id, **fields}
    return Assistant.objects.create(graph_id=graph_id, **fields)


def make_thread(**fields: Any) -> Thread:
    return Thread.objects.create(**fields)


def make_run(thread: Thread | None = None, *, owner: UUID | None = None, **fields: Any) -> Run:
    # Ready in the eyes of a transaction that began before, too.
    now = datetime.now(UTC) - timedelta(minutes=1)
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


def make_request(thread: Thread | None = None, **fields: Any) -> RunRequest:
    return RunRequest(**{"assistant": "echo", "thread_id": thread and thread.thread_id, **fields})


def make_checkpoint(run: Run, *, source: str = "loop") -> Checkpoint:
    """With one pending write, as a run leaves it behind."""
    key = {"thread_id": str(run.thread_id), "checkpoint_ns": "", "checkpoint_id": str(uuid7())}
    CheckpointWrite.objects.create(**key, task_id="task", idx=0, channel="said", type="null", blob=b"")
    return Checkpoint.objects.create(**key, checkpoint={}, metadata={"run_id": str(run.run_id), "source": source})
