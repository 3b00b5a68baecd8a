"""LangGraph's `StateSnapshot` as the wire's thread state, and what a thread keeps of it."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Interrupt, PregelTask, StateSnapshot

PUBLIC = ("checkpoint_id", "thread_id", "checkpoint_ns", "checkpoint_map")

EMPTY: Mapping[str, Any] = {
    "values": {},
    "next": [],
    "tasks": [],
    "metadata": None,
    "created_at": None,
    "checkpoint": None,
    "parent_checkpoint": None,
    "interrupts": [],
    "checkpoint_id": None,
    "parent_checkpoint_id": None,
}


def interrupts_by_task(snapshot: StateSnapshot) -> dict[str, list[dict[str, Any]]]:
    """What a thread's `interrupts` holds: task id → interrupts, without tasks that have none."""
    return {task.id: [interrupt_object(i) for i in task.interrupts] for task in snapshot.tasks if task.interrupts}


def interrupt_object(interrupt: Interrupt) -> dict[str, Any]:
    shown = {"id": interrupt.id, "value": interrupt.value}
    schema = getattr(interrupt, "response_schema", None)
    return shown if schema is None else {**shown, "response_schema": schema}


def thread_state(snapshot: StateSnapshot) -> dict[str, Any]:
    """The object of `GET /threads/{id}/state`."""
    checkpoint = checkpoint_object(snapshot.config)
    if checkpoint is None or "checkpoint_id" not in checkpoint:
        return {**EMPTY}
    if snapshot.created_at is None:
        return {**EMPTY, "checkpoint": checkpoint, "checkpoint_id": checkpoint["checkpoint_id"]}
    parent = checkpoint_object(snapshot.parent_config)
    return {
        "values": snapshot.values,
        "next": snapshot.next,
        "tasks": [task_object(task) for task in snapshot.tasks],
        "metadata": metadata_object(snapshot, checkpoint["thread_id"]),
        "created_at": snapshot.created_at,
        "checkpoint": checkpoint,
        "parent_checkpoint": parent,
        "interrupts": [interrupt_object(i) for task in snapshot.tasks for i in task.interrupts],
        "checkpoint_id": checkpoint.get("checkpoint_id"),
        "parent_checkpoint_id": parent.get("checkpoint_id") if parent else None,
    }


def metadata_object(snapshot: StateSnapshot, thread_id: str) -> dict[str, Any]:
    """With what the saver leaves out because the rest tells it; `parents` are those around a subgraph."""
    metadata = dict(snapshot.metadata or {})
    around = {"checkpoint_map": metadata["parents"]} if metadata.get("parents") else {}
    return {**metadata, **around, "thread_id": thread_id}


def checkpoint_object(config: RunnableConfig | None) -> dict[str, Any] | None:
    if not config:
        return None
    configurable = config["configurable"]
    return {key: configurable[key] for key in PUBLIC if key in configurable}


def task_object(task: PregelTask) -> dict[str, Any]:
    nested = task.state if isinstance(task.state, StateSnapshot) else None
    pointer = None if nested or task.state is None else checkpoint_object(task.state)  # type: ignore[arg-type] # a config
    return {
        "id": task.id,
        "name": task.name,
        "path": task.path,
        "error": error_text(task.error),
        "interrupts": [interrupt_object(interrupt) for interrupt in task.interrupts],
        "checkpoint": pointer,
        "state": thread_state(nested) if nested else None,
        "result": task.result,
    }


def error_text(error: object) -> str | None:
    """Its repr; the checkpointer has stored it as that already."""
    return error if isinstance(error, str) or error is None else repr(error)
