"""The built-in encryption: AES-GCM under the operator's keys."""

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any

import orjson

from langgraph_server import encoding
from langgraph_server.encryption.cipher import Json, Place
from langgraph_server.encryption.envelopes import ASIDE, SEALED, literal
from langgraph_server.encryption.errors import Unreadable
from langgraph_server.encryption.keys import DAMAGED, Keyring


class AesCipher:
    suffix = "+aes"
    is_foreign = False
    seals_blobs = True

    def __init__(self, keys: Keyring, json_keys: Collection[str]) -> None:
        self.keys = keys
        self.json_keys = frozenset(json_keys)

    async def seal_blob(self, place: Place, plain: bytes) -> bytes:
        return self.keys.seal(plain)

    async def open_blob(self, place: Place, sealed: bytes) -> bytes:
        return self.keys.open(sealed)

    async def seal_content(self, place: Place, value: Any) -> Any:
        return self.envelope(value)

    async def seal_values(self, place: Place, document: Json) -> dict[str, Any]:
        return {key: self.envelope(value) for key, value in document.items()}

    async def seal_searched(self, place: Place, document: Json) -> dict[str, Any]:
        return {key: self.asked(key, value) for key, value in document.items()}

    async def open_values(self, place: Place, context: Json, values: dict[str, Any]) -> dict[str, Any]:
        return {key: self.plain(value) for key, value in values.items()}

    async def aside(self) -> dict[str, Any]:
        return {"by": self.suffix}

    async def keyring(self, aside: Json) -> Keyring | None:
        return self.keys

    def asked(self, key: str, value: Any) -> Any:
        """At any depth, where objects alone lead there; the rest stays what it is."""
        if key in self.json_keys:
            return self.envelope(value)
        if isinstance(value, Mapping) and not {SEALED, ASIDE} & value.keys():
            return {inner: self.asked(inner, found) for inner, found in value.items()}
        return literal(value)

    def envelope(self, value: Any) -> dict[str, Any]:
        return {SEALED: base64.b64encode(self.keys.seal(encoding.dumps(value))).decode()}

    def plain(self, sealed: Any) -> Any:
        try:
            return orjson.loads(self.keys.open(base64.b64decode(sealed, validate=True)))
        except (TypeError, ValueError, binascii.Error):
            raise Unreadable(reason=DAMAGED) from None
