"""What a client asks for when it sends a message: a new task, or that one goes on."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from assistants.models import Assistant
from langgraph_server.gateways.a2a import messages
from langgraph_server.gateways.a2a.pushing import Json
from langgraph_server.gateways.a2a.tasks import MARK, Task, TaskId, context_of
from langgraph_server.gateways.agents import Schema
from langgraph_server.gateways.errors import BadParams, Unsupported
from langgraph_server.ids import uuid7
from runs.choices import IfNotExists
from runs.requests import RunRequest

NOT_CONVERSATIONAL = (
    "Assistant '{assistant_id}' (graph '{graph_id}') does not support A2A conversational messages. Graph input schema "
    "must include a 'messages' field to accept text or file parts. Available input fields: {fields}"
)


@dataclass(frozen=True, slots=True)
class Wish:
    id: TaskId
    request: RunRequest


def expect_conversation(assistant: Assistant, schema: Schema | None, message: Json) -> None:
    """Without a schema nobody knows; the graph itself will say."""
    fields = [*(schema or {}).get("properties", {})]
    if schema is not None and "messages" not in fields and messages.spoken(message):
        told = {"assistant_id": assistant.assistant_id, "graph_id": assistant.graph_id, "fields": fields}
        raise BadParams(detail=NOT_CONVERSATIONAL.format(**told))


def new_task(message: Json, **shared: Any) -> Wish:
    """In the context that the client names, or in one of its own."""
    thread_id = context_of(message) or uuid4()
    task_id = TaskId(thread_id, uuid7())
    request = RunRequest(
        thread_id=thread_id,
        run_id=task_id.run_id,
        input=messages.graph_input(message, task_id=str(task_id)),
        metadata={MARK: {"task_start_id": str(task_id)}},
        if_not_exists=IfNotExists.CREATE,
        **shared,
    )
    return Wish(task_id, request)


def next_turn(task: Task, message: Json, *, push: Json | None, **shared: Any) -> Wish:
    """An answer to what the graph asked, or more to say while it works."""
    if task.is_over:
        raise Unsupported(detail=f"Task {task.id} is over: send the message with its contextId alone")
    if context_of(message) not in {None, task.id.thread_id}:
        raise BadParams(detail=f"Task {task.id} is not of context {message['contextId']}")
    waiting = task.state == "input-required"
    request = RunRequest(
        thread_id=task.id.thread_id,
        input=None if waiting else messages.graph_input(message, task_id=str(task.id)),
        command={"resume": messages.answer(message)} if waiting else None,
        metadata={MARK: {"task_id": str(task.id)}},
        push=push or task.last.push,
        **shared,
    )
    return Wish(task.id, request)
