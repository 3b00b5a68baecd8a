"""A task as the protocol tells it: where it stands, what was said, what came of it."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from langgraph_server.gateways.a2a import messages
from langgraph_server.gateways.a2a.tasks import Task

Json = dict[str, Any]


def document(task: Task, *, of_task: bool = False, length: int | None = None) -> Json:
    said = history(task, of_task=of_task)
    made = artifacts(task, said if of_task else history(task, of_task=True) or said)
    shown = said if length is None else said[-length:] if length else []
    return {
        "kind": "task",
        "id": str(task.id),
        "contextId": task.context_id,
        "history": shown,
        "status": status(task),
        **({"artifacts": made} if made else {}),
    }


def history(task: Task, *, of_task: bool) -> list[Json]:
    values = task.thread.values
    known = values.get("messages") if isinstance(values, dict) else None
    said = known if isinstance(known, list) else []
    # The values are those of the last settled run, so what an active one was asked may be missing.
    given = task.last.kwargs.get("input")
    asked = given.get("messages") if isinstance(given, dict) else None
    ids = {message.get("id") for message in said if isinstance(message, dict)}
    said = [*said, *(each for each in asked or () if isinstance(each, dict) and each.get("id") not in ids)]
    return messages.history(said, task_id=str(task.id), context_id=task.context_id, of_task=of_task)


def status(task: Task) -> Json:
    told = told_of(task)
    moment = (task.last.ended_at or task.last.updated_at).isoformat()
    return {"state": task.state, **({"message": message(task, told)} if told else {}), "timestamp": moment}


def told_of(task: Task) -> str:
    match task.state:
        case "completed":
            return "Task completed successfully"
        case "canceled":
            return "Task was canceled"
        case "failed":
            return f"Error executing assistant: {(task.last.error or {}).get('error')}"
    return ""


def message(task: Task, text: str) -> Json:
    return {
        "kind": "message",
        "role": "agent",
        "parts": [{"kind": "text", "text": text}],
        "messageId": name_of(task, f"{task.state} {text}"),
        "taskId": str(task.id),
        "contextId": task.context_id,
    }


def artifacts(task: Task, said: list[Json]) -> list[Json]:
    """The same names whenever it is asked."""
    if task.state == "input-required":
        asked = [
            each for interrupts in task.thread.interrupts.values() for each in interrupts if isinstance(each, dict)
        ]
        return [
            {
                "artifactId": name_of(task, str(each.get("id"))),
                "name": "Interrupt",
                "description": "Agent requires input to continue",
                "parts": [{"kind": "data", "data": {"id": each.get("id"), "value": each.get("value")}}],
            }
            for each in asked
        ]
    if task.state != "completed" or not said or said[-1]["role"] != "agent":
        return []
    return [response(task, said[-1]["parts"])]


def response(task: Task, parts: list[Json]) -> Json:
    return {
        "artifactId": name_of(task, "response"),
        "name": "Assistant Response",
        "description": f"Response from assistant {task.assistant_id}",
        "parts": parts,
    }


def name_of(task: Task, what: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{task.last.run_id}/{what}"))
