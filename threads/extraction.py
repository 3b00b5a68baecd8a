"""`extract` of a thread search: small paths like `values.messages[-1].content` into a thread's documents. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from langgraph_server.errors import Invalid

ROOTS = ("config", "interrupts", "metadata", "values")
ALIAS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SEGMENT = re.compile(r"([^.\[\]]+)|\[(-?\d+)\]")

Path = tuple[str | int, ...]


def parse(extract: Mapping[str, Any], *, reserved: frozenset[str]) -> dict[str, Path]:
    """Alias → path. Raises Invalid with the contract's sentences."""
    if taken := sorted(set(extract) & reserved):
        raise Invalid(detail=f"Extract keys cannot use reserved field names: {taken}")
    return {alias: parse_one(alias, path) for alias, path in extract.items()}


def parse_one(alias: str, path: Any) -> Path:
    if not ALIAS.fullmatch(alias):
        detail = f"Extract key '{alias}' must be a valid identifier (letters, digits, underscores)"
        raise Invalid(detail=detail)
    if not isinstance(path, str) or not path:
        raise Invalid(detail=f"Extract path for '{alias}' must be a non-empty string")
    segments = tuple(int(index) if index else name for name, index in SEGMENT.findall(path))
    if not segments or segments[0] not in ROOTS:
        raise Invalid(detail=f"Extract path '{path}' must start with one of: {', '.join(ROOTS)}")
    return segments


def follow(document: Any, path: Path) -> Any:
    """None where the path leads nowhere, or into what is private (`_…`)."""
    for segment in path:
        if isinstance(segment, int):
            inside = isinstance(document, list) and -len(document) <= segment < len(document)
            document = document[segment] if inside else None
        elif segment.startswith("_") or not isinstance(document, dict):
            return None
        else:
            document = document.get(segment)
    return document
