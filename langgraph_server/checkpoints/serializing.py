"""The serializer of stored checkpoints, as `checkpointer.serde` of langgraph.json wishes it."""

from typing import Any

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from langgraph_server.checkpoints.configuration import Serde
from langgraph_server.encryption.errors import Unreadable

#: Begins what is added to the type of an encrypted blob.
SUFFIX = "+"


class Serializer(JsonPlusSerializer):
    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """Encrypted blobs come here only where nobody could open them."""
        if SUFFIX in data[0]:
            raise Unreadable(reason="encryption is not configured")
        return super().loads_typed(data)


def serializer(serde: Serde) -> Serializer:
    """What is not configured is left to the library: it differs in its defaults."""
    options: dict[str, Any] = {}
    if serde.allowed_json_modules is not None:
        options["allowed_json_modules"] = serde.allowed_json_modules
    if serde.allowed_msgpack_modules is not None:
        options["allowed_msgpack_modules"] = (
            True if serde.allowed_msgpack_modules is True else [named(path) for path in serde.allowed_msgpack_modules]
        )
    return Serializer(pickle_fallback=serde.pickle_fallback, **options)


def named(path: tuple[str, ...]) -> tuple[str, str]:
    """As msgpack has it: the module in one piece."""
    return ".".join(path[:-1]), path[-1]
