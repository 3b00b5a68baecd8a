"""`store` of langgraph.json as frozen values, checked when they are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph_server.errors import ConfigurationError


@dataclass(frozen=True)
class Index:
    #: Length of the vectors.
    dims: int
    #: `provider:model`, or where the application's own function is.
    embed: str
    #: Paths of what is embedded; `$` is the whole value.
    fields: tuple[str, ...] = ("$",)


@dataclass(frozen=True)
class Ttl:
    #: Minutes; None: items stay.
    default: float | None = None
    refresh_on_read: bool = True
    sweep_minutes: float = 5


@dataclass(frozen=True)
class StoreConfig:
    #: Where the application's own store is.
    path: str | None = None
    index: Index | None = None
    ttl: Ttl = Ttl()


def parse(document: Mapping[str, Any]) -> StoreConfig:
    path = document.get("path")
    if path is not None and (not isinstance(path, str) or not path):
        raise ConfigurationError("store.path: must be text")
    return StoreConfig(path, index(section(document, "index")), ttl(section(document, "ttl") or {}))


def section(document: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    found = document.get(key)
    if found is not None and not isinstance(found, Mapping):
        raise ConfigurationError(f"store.{key}: must be an object")
    return found


def index(document: Mapping[str, Any] | None) -> Index | None:
    if document is None:
        return None
    dims, embed, fields = document.get("dims"), document.get("embed"), document.get("fields") or ["$"]
    if isinstance(dims, bool) or not isinstance(dims, int) or not 0 < dims <= 16_000:
        raise ConfigurationError("store.index.dims: must be an integer from 1 to 16000")
    if not isinstance(embed, str) or ":" not in embed:
        raise ConfigurationError("store.index.embed: must be 'provider:model' or './path/file.py:name'")
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise ConfigurationError("store.index.fields: must be a list of texts")
    return Index(dims, embed, tuple(fields))


def ttl(document: Mapping[str, Any]) -> Ttl:
    refresh = document.get("refresh_on_read", True)
    if not isinstance(refresh, bool):
        raise ConfigurationError("store.ttl.refresh_on_read: must be true or false")
    default, sweep = minutes(document, "default_ttl"), minutes(document, "sweep_interval_minutes")
    return Ttl(default, refresh, sweep or Ttl.sweep_minutes)


def minutes(document: Mapping[str, Any], key: str) -> float | None:
    found = document.get(key)
    if found is not None and (isinstance(found, bool) or not isinstance(found, (int, float)) or found <= 0):
        raise ConfigurationError(f"store.ttl.{key}: must be a number of minutes above 0")
    return found
