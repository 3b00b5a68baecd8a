"""Assistants as tools: their names, their descriptions, what they take and what they answer."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.db.models import F, Func, Value
from django.db.models.functions import Left, Replace

from assistants.builtin import assistant_id_of
from assistants.models import Assistant
from langgraph_server.auth.filters import Filter
from langgraph_server.config.loading import server_config
from langgraph_server.gateways.agents import Schema
from langgraph_server.gateways.errors import BadParams

Json = Mapping[str, Any]

PAGE = 100
LONGEST_NAME = 128
SPOKEN: Schema = {"type": "string", "title": "Messages", "description": "The user message to send to the agent."}
#: Nobody knows what a graph does.
ANNOTATIONS = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": True}


def named(visible: Filter, metadata: Json) -> Any:
    """A queryset with `tool`: the name in the letters that clients and models accept."""
    spaced = Replace(F("name"), Value(" "), Value("_"))
    plain = Func(spaced, Value("[^A-Za-z0-9_.-]"), Value(""), Value("g"), function="regexp_replace")
    return Assistant.objects.visible(visible).matching(metadata=metadata).annotate(tool=Left(plain, LONGEST_NAME))


def page(offset: int, *, visible: Filter, metadata: Json) -> tuple[dict[str, Assistant], str | None]:
    """By name, the newest first; and where the next page begins."""
    there = named(visible, metadata).filter(graph_id__in=server_config().graphs)
    found = list(there.order_by("-created_at", "assistant_id")[offset : offset + PAGE + 1])
    shown: dict[str, Assistant] = {}
    for assistant in found[:PAGE]:
        if assistant.tool:
            shown.setdefault(assistant.tool, assistant)
    return shown, str(offset + PAGE) if len(found) > PAGE else None


def find(name: Any, *, visible: Filter, metadata: Json) -> Assistant:
    """A graph's id means its own assistant, whoever else has that name."""
    if not isinstance(name, str) or not name:
        raise BadParams(detail=f"Unknown tool: {name}")
    if name in server_config().graphs and (own := Assistant.objects.filter(assistant_id=assistant_id_of(name)).first()):
        return own
    found: list[Assistant] = list(named(visible, metadata).filter(tool=name)[:2])
    if not found:
        raise BadParams(detail=f"Unknown tool: {name}")
    if len(found) > 1:
        raise BadParams(detail="Multiple tools found with the same name.")
    return found[0]


def is_callable(schema: Schema | None) -> bool:
    """A tool takes named arguments."""
    return schema is not None and schema.get("type") == "object"


def tool(assistant: Assistant, name: str, schema: Schema | None) -> dict[str, Any]:
    return {
        "name": name,
        "title": assistant.name,
        "description": assistant.description or f"Tool based on the {assistant.name} assistant",
        "inputSchema": simplified(schema or {}),
        "annotations": ANNOTATIONS,
    }


def simplified(schema: Schema) -> Schema:
    """Graphs take a text for a list of messages, and models write one more easily."""
    properties = schema.get("properties", {})
    if properties.get("messages", {}).get("type") != "array":
        return schema
    simple = {**schema, "properties": {**properties, "messages": SPOKEN}}
    told = orjson.dumps({key: value for key, value in simple.items() if key != "$defs"})
    return simple if b'"#/$defs/' in told else {key: value for key, value in simple.items() if key != "$defs"}


def content(document: bytes) -> dict[str, Any]:
    """What the run left, as Python would write it; of an error only its kind."""
    values = orjson.loads(document)
    error = values.get("__error__") if isinstance(values, dict) else None
    if error:
        return {"isError": True, "content": [{"type": "text", "text": str(error.get("error"))}]}
    return {"content": [{"type": "text", "text": repr(values)}]}
