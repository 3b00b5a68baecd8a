"""`checkpointer` of langgraph.json as frozen values, checked when they are made. Its `ttl` is the threads' affair."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from langgraph_server.errors import ConfigurationError

#: Dotted paths of classes, in parts; True: any.
Allowed: TypeAlias = tuple[tuple[str, ...], ...] | Literal[True]
BACKENDS = ("default", "custom")


@dataclass(frozen=True)
class Serde:
    """Which classes stored checkpoints may bring to life again. None: as the library decides."""

    #: Pickled values run code when they are read, so that the application has to ask for them.
    pickle_fallback: bool = False
    allowed_json_modules: Allowed | None = None
    allowed_msgpack_modules: Allowed | None = None


@dataclass(frozen=True)
class CheckpointerConfig:
    #: Where the application's own checkpointer is.
    path: str | None = None
    serde: Serde = Serde()


def parse(document: Mapping[str, Any]) -> CheckpointerConfig:
    path, backend = document.get("path"), document.get("backend")
    if path is not None and (not isinstance(path, str) or not path):
        raise ConfigurationError("checkpointer.path: must be text")
    if backend is not None and backend not in BACKENDS:
        told = f"is not offered, only {' and '.join(BACKENDS)}; name a checkpointer of your own in checkpointer.path"
        raise ConfigurationError(f"checkpointer.backend: '{backend}' {told}")
    if backend == "custom" and path is None:
        raise ConfigurationError(
            "checkpointer.path: must name the checkpointer, because checkpointer.backend is custom"
        )
    if backend == "default" and path is not None:
        raise ConfigurationError("checkpointer.path: checkpointer.backend is default, so that nothing would use it")
    return CheckpointerConfig(path, serde(document.get("serde") or {}))


def serde(document: Any) -> Serde:
    if not isinstance(document, Mapping):
        raise ConfigurationError("checkpointer.serde: must be an object")
    pickle = document.get("pickle_fallback", False)
    if not isinstance(pickle, bool):
        raise ConfigurationError("checkpointer.serde.pickle_fallback: must be true or false")
    return Serde(pickle, allowed(document, "allowed_json_modules"), allowed(document, "allowed_msgpack_modules"))


def allowed(document: Mapping[str, Any], key: str) -> Allowed | None:
    found = document.get(key)
    if found is None or found is True:
        return found
    if not isinstance(found, list) or not all(is_path(entry) for entry in found):
        told = 'must be true or a list of paths like ["package", "module", "Class"]'
        raise ConfigurationError(f"checkpointer.serde.{key}: {told}")
    return tuple(tuple(".".join(entry).split(".")) for entry in found)


def is_path(entry: Any) -> bool:
    return isinstance(entry, list) and len(entry) > 1 and all(isinstance(part, str) and part for part in entry)
