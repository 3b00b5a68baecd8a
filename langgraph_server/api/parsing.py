"""The gate for request bodies: what passes is JSON that Postgres, Redis and a graph can hold."""

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from langgraph_server.errors import Invalid

MAX_DEPTH = 100
LONG_NUMBER = re.compile(rb"\d{19}")
STRING = re.compile(rb'"(?:[^"\\\\]|\\\\.)*"', re.DOTALL)
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class NotJson(Invalid):
    message = "Invalid JSON in request body"


def parse_json(raw: bytes) -> Any:
    """Raises Invalid for what is no JSON, too large, too deep, or holds NULs, lone surrogates or huge integers."""
    # Before it is read: of a body full of brackets each byte becomes an object of many.
    if marks(raw) > settings.MAX_BODY_NODES and marks(STRING.sub(b"", raw)) > settings.MAX_BODY_NODES:
        raise Invalid(detail=f"Request body holds more than {settings.MAX_BODY_NODES} values")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise NotJson from None
    if b"\\u0000" in raw and NUL.search(raw):
        raise Invalid(detail="NUL characters (\\u0000) are not allowed in request bodies")
    # The depth first: the standard library's parser, unlike orjson, follows it on the stack.
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and depth(value) > MAX_DEPTH:
        raise Invalid(detail=f"Request body is nested more than {MAX_DEPTH} levels deep")
    if LONG_NUMBER.search(raw):
        json.loads(raw, parse_int=small)
    return value


def parse_object(raw: bytes) -> dict[str, Any]:
    value = parse_json(raw)
    if not isinstance(value, dict):
        raise Invalid(detail=f"Request body must be an object, not {type(value).__name__}")
    return value


def marks(raw: bytes) -> int:
    """No document has more values than this, and those of its texts count."""
    return raw.count(b",") + raw.count(b"[") + raw.count(b"{") + raw.count(b":")


def small(digits: str) -> int:
    value = int(digits) if len(digits) < 21 else 2**64
    if not -(2**63) <= value < 2**63:
        raise Invalid(detail="Integers beyond 64 bits are not allowed in request bodies")
    return value


def depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level := [inner for outer in level for inner in children(outer)]:
        deepest += 1
        if deepest > MAX_DEPTH:
            break
    return deepest


def children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


class OrjsonParser(BaseParser):
    """Whatever the content type says: clients of the reference server may leave it out."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        return parse_json(stream.read())
