"""What the application's handlers are told besides the data: from the request's header, or its own handler's words."""

import base64
import binascii
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

import orjson

from langgraph_server.errors import Invalid

Context = Mapping[str, Any]

HEADER = "x-encryption-context"
NOTHING: Context = {}
#: Of the request that is answered here, or the run that is executed.
CURRENT: ContextVar[Context] = ContextVar("encryption_context", default=NOTHING)


def header() -> list[tuple[bytes, bytes]]:
    """Of what is asked from within: it is for the same."""
    told = CURRENT.get()
    return [(HEADER.encode(), base64.b64encode(orjson.dumps(told)))] if told else []


def of_header(text: str | None) -> dict[str, Any]:
    """An object of JSON, as it is or in base64."""
    if not text:
        return {}
    try:
        told = orjson.loads(text if text.lstrip().startswith("{") else base64.b64decode(text, validate=True))
    except (binascii.Error, orjson.JSONDecodeError, ValueError):
        told = None
    if not isinstance(told, dict):
        raise Invalid(detail="X-Encryption-Context must be a JSON object, as it is or in base64")
    return told
