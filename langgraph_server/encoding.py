"""JSON as the wire wants it: anything a graph can yield becomes compact UTF-8, never an exception for the client."""

import base64
import math
import re
from collections.abc import Callable, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Any

import orjson
from pydantic import BaseModel

OPTIONS = orjson.OPT_NON_STR_KEYS
LIMIT = 2**63
# An odd number of backslashes before u0000 makes it an escaped NUL, which Postgres refuses in jsonb.
ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


def dumps(value: Any, *, default: Callable[[Any], Any] | None = None) -> bytes:
    """Messages in LangChain's flat form, models and dataclasses as objects, NaN as null.

    `default` is another `plain`.
    """
    default = default or plain
    try:
        return orjson.dumps(value, default=default, option=OPTIONS)
    except TypeError:  # lone surrogates, integers beyond 64 bits, objects that refuse to become plain
        return orjson.dumps(tidy(value, default), option=OPTIONS)


def storable(encoded: bytes) -> str:
    """The same document as Postgres can hold it in a jsonb column: without NUL characters."""
    if b"\\u0000" in encoded:
        encoded = ESCAPED_NUL.sub(rb"\1", encoded)
    return encoded.decode()


def document(value: Any) -> str:
    """Anything as the text that a JSON column of Postgres takes."""
    return storable(dumps(value))


def plain(value: Any) -> Any:
    """What orjson asks for when it meets a type it does not know."""
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (Set, tuple, list)):
        return list(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, BaseException):
        return {"error": type(value).__name__, "message": str(value)}
    if callable(to_dict := getattr(value, "dict", None)) and hasattr(value, "__fields__"):
        return to_dict()  # pydantic v1
    return str(value)


def tidy(value: Any, default: Callable[[Any], Any] = plain) -> Any:
    """The slow walk: the nearest value that JSON can carry."""
    if value is None or isinstance(value, (bool, datetime, date, time)):
        return value
    if isinstance(value, Enum):
        return tidy(value.value, default)
    if isinstance(value, int):
        return int(value) if -LIMIT <= value < 2 * LIMIT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {tidy(str(key), default): tidy(item, default) for key, item in value.items()}
    if isinstance(value, (list, tuple, Set)) and not hasattr(value, "_asdict"):
        return [tidy(item, default) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: tidy(getattr(value, field.name), default) for field in fields(value)}
    return tidy(default(value), default)
