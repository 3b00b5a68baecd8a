"""Messages as the event protocol shows them: type, content, id, and of the rest only what is not empty."""

from typing import Any

from langchain_core.messages import BaseMessage

from langgraph_server import encoding

ALWAYS = ("type", "content", "id")
#: What every message has, and nobody set.
DEFAULTS = {"example": False, "status": "success"}


def dumps(value: Any) -> bytes:
    return encoding.dumps(value, default=plain)


def plain(value: Any) -> Any:
    """For what orjson does not know."""
    return compact(value.model_dump()) if isinstance(value, BaseMessage) else encoding.plain(value)


def compact(message: dict[str, Any]) -> dict[str, Any]:
    extras = {
        key: value
        for key, value in message.items()
        if key not in ALWAYS and value not in (None, "", [], {}) and DEFAULTS.get(key) != value
    }
    return {**{key: message.get(key) for key in ALWAYS}, **extras}


def of_values(values: Any) -> Any:
    """The same for messages that are documents already, in the channels of a state."""
    if not isinstance(values, dict):
        return values
    return {key: [of_item(item) for item in held] if isinstance(held, list) else held for key, held in values.items()}


def of_item(item: Any) -> Any:
    is_message = isinstance(item, dict) and {*ALWAYS, "additional_kwargs"} <= item.keys()
    return compact(item) if is_message else item
