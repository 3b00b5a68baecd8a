"""LangChain messages as a person reads them: who said what, and which tools were called."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string

from langgraph_server.admin.display import NOTHING
from langgraph_server.admin.documents import readable

#: Messages of one thread that a page shows, the last ones.
LAST = 100
#: Characters of one message.
LONGEST = 4_000

SPEAKERS: Mapping[str, str] = {"human": "Person", "ai": "Assistant", "system": "System", "tool": "Tool"}


@dataclass(frozen=True, slots=True)
class Message:
    role: str
    speaker: str
    name: str
    text: str
    calls: tuple[str, ...]


def conversation(values: Any) -> str:
    """Nothing unless the state's `messages` are LangChain messages."""
    values = readable(values)
    messages = values.get("messages") if isinstance(values, dict) else None
    if not isinstance(messages, list) or not messages or not all(map(is_message, messages)):
        return NOTHING
    context = {"messages": [message_of(item) for item in messages[-LAST:]], "earlier": max(0, len(messages) - LAST)}
    return render_to_string("admin/langgraph_server/conversation.html", context)


def is_message(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("type"), str) and "content" in item


def message_of(item: Mapping[str, Any]) -> Message:
    role = item["type"].removesuffix("MessageChunk").lower()
    return Message(
        role=role if role in SPEAKERS else "other",
        speaker=SPEAKERS.get(role, item["type"]),
        name=str(item.get("name") or ""),
        text=cut(text_of(item["content"])),
        calls=tuple(call_of(call) for call in item.get("tool_calls") or () if isinstance(call, dict)),
    )


def text_of(content: Any) -> str:
    """Content is a text, or a list of parts of which only the texts can be read."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part_of(part) for part in content)
    return json.dumps(content, ensure_ascii=False)


def part_of(part: Any) -> str:
    if isinstance(part, dict):
        return part["text"] if isinstance(part.get("text"), str) else f"[{part.get('type', 'part')}]"
    return str(part)


def call_of(call: Mapping[str, Any]) -> str:
    return cut(f"{call.get('name')}({json.dumps(call.get('args'), ensure_ascii=False)})")


def cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
