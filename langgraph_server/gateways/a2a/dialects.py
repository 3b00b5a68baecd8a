"""Two versions of the protocol: documents are made in the words of 0.3, and 1.0 is a translation of them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STATES = {
    "submitted": "TASK_STATE_SUBMITTED",
    "working": "TASK_STATE_WORKING",
    "input-required": "TASK_STATE_INPUT_REQUIRED",
    "completed": "TASK_STATE_COMPLETED",
    "failed": "TASK_STATE_FAILED",
    "canceled": "TASK_STATE_CANCELED",
}
ROLES = {"user": "ROLE_USER", "agent": "ROLE_AGENT"}
WRAPPERS = {"task": "task", "status-update": "statusUpdate", "artifact-update": "artifactUpdate"}

Json = dict[str, Any]
#: By the version's number: tasks and events as results, and as what a stream or a receiver is told.
Dialect = Callable[[Json], Json]


def old(document: Json) -> Json:
    return document


def new(document: Json) -> Json:
    """A task, or an event about one."""
    changed = {key: value for key, value in document.items() if key not in {"kind", "final"}}
    if "status" in document:
        changed["status"] = new_status(document["status"])
    if "history" in document:
        changed["history"] = [new_message(message) for message in document["history"]]
    if "artifacts" in document:
        changed["artifacts"] = [new_artifact(artifact) for artifact in document["artifacts"]]
    if "artifact" in document:
        changed["artifact"] = new_artifact(document["artifact"])
    return changed


def wrapped(document: Json) -> Json:
    """What may be one of several things says which one it is."""
    return {WRAPPERS[document["kind"]]: new(document)}


def new_status(status: Json) -> Json:
    changed = {**status, "state": STATES[status["state"]]}
    return {**changed, "message": new_message(status["message"])} if "message" in status else changed


def new_message(message: Json) -> Json:
    changed = {key: value for key, value in message.items() if key != "kind"}
    return {**changed, "role": ROLES[message["role"]], "parts": [new_part(part) for part in message["parts"]]}


def new_artifact(artifact: Json) -> Json:
    return {**artifact, "parts": [new_part(part) for part in artifact["parts"]]}


def new_part(part: Json) -> Json:
    if part["kind"] != "file":
        return {part["kind"]: part[part["kind"]]}
    file = part["file"]
    names = {"uri": "url", "bytes": "raw", "mimeType": "mediaType", "name": "filename"}
    return {names[key]: value for key, value in file.items() if key in names}


def old_part(part: Json) -> Json | None:
    """Whichever version wrote it; None if it is of no known kind."""
    if isinstance(part.get("text"), str):
        return {"kind": "text", "text": part["text"]}
    if isinstance(part.get("data"), (dict, list)):
        return {"kind": "data", "data": part["data"]}
    if isinstance(file := part.get("file"), dict) and any(isinstance(file.get(key), str) for key in ("uri", "bytes")):
        return {"kind": "file", "file": {key: value for key, value in file.items() if isinstance(value, str)}}
    for key, name in (("url", "uri"), ("raw", "bytes")):
        if isinstance(part.get(key), str):
            told = {name: part[key], "mimeType": part.get("mediaType"), "name": part.get("filename")}
            return {"kind": "file", "file": {key: value for key, value in told.items() if isinstance(value, str)}}
    return None


@dataclass(frozen=True, slots=True)
class Speech:
    """How a method's answers are put: its version, a task, and what may be a task or an event."""

    version: str
    task: Dialect
    told: Dialect


OLD = Speech("0.3", old, old)
NEW = Speech("1.0", new, wrapped)
