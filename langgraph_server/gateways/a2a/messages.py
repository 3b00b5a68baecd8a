"""Messages of agents become messages of a graph, and the other way round. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langgraph_server.gateways.a2a.dialects import ROLES, old_part
from langgraph_server.gateways.errors import BadParams, UnsupportedContent

Json = dict[str, Any]
KINDS = "A2A agents support 'text', 'data', and 'file' parts only."
#: What says things to a person: tools' answers and instructions do not.
SPEAKERS = {"human": "user", "ai": "agent", "AIMessageChunk": "agent"}
#: A graph's blocks whose content is a file.
FILES = ("file", "image", "audio", "video")


def configuration_of(params: Mapping[str, Any]) -> Mapping[str, Any]:
    told = params.get("configuration")
    if told is not None and not isinstance(told, dict):
        raise BadParams(detail="Invalid configuration: must be an object")
    return told or {}


def history_length(params: Mapping[str, Any]) -> int | None:
    """Of a task that is looked at, or that a message begins; None for all of it."""
    length = params.get("historyLength", configuration_of(params).get("historyLength"))
    if length is None or (isinstance(length, int) and not isinstance(length, bool) and length >= 0):
        return length
    raise BadParams(detail="historyLength must be an integer of at least 0")


def checked(params: Mapping[str, Any]) -> Json:
    """The message with its parts in one form."""
    history_length(params)
    message = params.get("message")
    if not isinstance(message, dict):
        raise BadParams(detail="Missing or invalid 'message' in params")
    for name in ("messageId", "role"):
        if not message.get(name):
            raise BadParams(detail=f"Missing required '{name}' in message")
    if message["role"] not in {*ROLES, *ROLES.values()}:
        raise BadParams(detail="The role of a message is 'user' or 'agent'")
    for name in ("contextId", "taskId"):
        if not isinstance(message.get(name, ""), str):
            raise BadParams(detail="Task id and contextId must be strings")
    parts = message.get("parts")
    if not isinstance(parts, list) or not parts:
        raise BadParams(detail="Message must contain at least one part")
    return {**message, "messageId": str(message["messageId"]), "parts": [checked_part(part) for part in parts]}


def checked_part(part: Any) -> Json:
    if not isinstance(part, dict):
        raise UnsupportedContent(detail=f"Each message part must be an object. {KINDS}")
    if (known := old_part(part)) is None:
        raise UnsupportedContent(detail=f"Unsupported part type. {KINDS}")
    return known


def spoken(message: Json) -> list[Json]:
    return [part for part in message["parts"] if part["kind"] != "data"]


def data(message: Json) -> Json:
    """Fields of the graph's input beside its messages."""
    fields: Json = {}
    for part in message["parts"]:
        if part["kind"] == "data":
            if not isinstance(part["data"], dict):
                raise UnsupportedContent(detail="The data of a part must be an object")
            fields.update(part["data"])
    return fields


def graph_input(message: Json, *, task_id: str) -> Json:
    fields, parts = data(message), spoken(message)
    if not parts:
        return fields
    speaks = "human" if message["role"] in {"user", ROLES["user"]} else "ai"
    told = {"type": speaks, "content": content(parts), "id": message["messageId"]}
    return {**fields, "messages": [{**told, "additional_kwargs": {"a2a": {"task_id": task_id}}}]}


def answer(message: Json) -> Any:
    """To a question that the graph asked."""
    return data(message) or text(spoken(message))


def content(parts: Sequence[Json]) -> str | list[Json]:
    return text(parts) if all(part["kind"] == "text" for part in parts) else [block(part) for part in parts]


def text(parts: Sequence[Json]) -> str:
    return "\n".join(part["text"] for part in parts if part["kind"] == "text")


def block(part: Json) -> Json:
    if part["kind"] == "text":
        return {"type": "text", "text": part["text"]}
    file = part["file"]
    mime = file.get("mimeType", "application/octet-stream")
    kind = mime.split("/")[0]
    where = {"url": file["uri"]} if "uri" in file else {"base64": file["bytes"]}
    return {"type": kind if kind in FILES else "file", **where, "mime_type": mime}


def history(messages: Any, *, task_id: str, context_id: str, of_task: bool) -> list[Json]:
    """Of the whole context, or what was said from the task's own messages to another task's."""
    if not isinstance(messages, list):
        return []
    shown = [message for message in messages if isinstance(message, dict) and message.get("type") in SPEAKERS]
    if of_task:
        shown = list(said_in(shown, task_id))
    written = ((message, written_parts(message.get("content"))) for message in shown)
    return [
        {
            "kind": "message",
            "role": SPEAKERS[message["type"]],
            "parts": parts,
            "messageId": str(message.get("id") or ""),
            "taskId": task_id,
            "contextId": context_id,
        }
        for message, parts in written
        if parts
    ]


def said_in(messages: Sequence[Json], task_id: str) -> Iterator[Json]:
    current = None
    for message in messages:
        match message.get("additional_kwargs"):
            case {"a2a": {"task_id": current}}:
                pass
        if current == task_id:
            yield message


def written_parts(content: Any) -> list[Json]:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list):
        return []
    blocks = [{"type": "text", "text": each} if isinstance(each, str) else each for each in blocks]
    blocks = [each for each in blocks if isinstance(each, dict)]
    told = "".join(str(each["text"]) for each in blocks if each.get("type") == "text" and each.get("text"))
    files = [{"kind": "file", "file": file} for each in blocks if (file := file_of(each))]
    return [*([{"kind": "text", "text": told}] if told else []), *files]


def file_of(block: Mapping[str, Any]) -> Json | None:
    if block.get("type") not in FILES:
        return None
    for key, name in (("url", "uri"), ("base64", "bytes")):
        if isinstance(block.get(key), str):
            mime = {"mimeType": block["mime_type"]} if block.get("mime_type") else {}
            return {name: block[key], **mime}
    return None
