"""The serializer of stored checkpoints, as `checkpointer.serde` of langgraph.json wishes it."""

from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from langgraph_server.checkpoints.configuration import Serde


def serializer(serde: Serde) -> JsonPlusSerializer:
    """What is not configured is left to the library: it differs in its defaults."""
    options: dict[str, Any] = {}
    if serde.allowed_json_modules is not None:
        options["allowed_json_modules"] = serde.allowed_json_modules
    if serde.allowed_msgpack_modules is not None:
        options["allowed_msgpack_modules"] = (
            True if serde.allowed_msgpack_modules is True else [named(path) for path in serde.allowed_msgpack_modules]
        )
    return JsonPlusSerializer(pickle_fallback=serde.pickle_fallback, **options)


def named(path: tuple[str, ...]) -> tuple[str, str]:
    """As msgpack has it: the module in one piece."""
    return ".".join(path[:-1]), path[-1]
