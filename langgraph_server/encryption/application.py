"""The application's own `langgraph_sdk.Encryption` object: its handlers encrypt, with whatever keys they have.

They run on the process's loop, as those of `auth` do, and never while a transaction is open.
"""

import asyncio
import base64
import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from langgraph_sdk.encryption import Encryption
from langgraph_sdk.encryption.types import DecryptResult, EncryptionContext

from langgraph_server import encoding
from langgraph_server.auth import loop
from langgraph_server.auth.principal import NOBODY, Principal
from langgraph_server.encryption.cipher import Json, Place
from langgraph_server.encryption.context import CURRENT, Context
from langgraph_server.encryption.envelopes import ALONE, ASIDE, SEALED, wrapped
from langgraph_server.encryption.errors import HandlerFailed, Unreadable
from langgraph_server.encryption.keys import DAMAGED, Keyring
from langgraph_server.errors import ConfigurationError

logger = logging.getLogger(__name__)

PAIRS = {
    "blob": ("_blob_encryptor", "_blob_decryptor"),
    "json": ("_json_encryptor", "_json_decryptor"),
}
#: Seconds that a handler has.
PATIENCE = 30.0
EVENTS = Place("run", "events")
DATA_KEY = 32


class ApplicationCipher:
    suffix = "+application"
    is_foreign = True

    def __init__(self, found: Any, *, named: str) -> None:
        if not isinstance(found, Encryption):
            raise ConfigurationError(
                f"encryption.path: {named} is no langgraph_sdk.Encryption, but {type(found).__name__}"
            )
        for kind, pair in PAIRS.items():
            if len(missing := [name for name in pair if getattr(found, name) is None]) == 1:
                told = missing[0].removeprefix("_blob_").removeprefix("_json_")
                raise ConfigurationError(f"encryption.path: {named} has no {told} for {kind}")
        if found._blob_encryptor is None and found._json_encryptor is None:
            raise ConfigurationError(f"encryption.path: {named} has no handlers")
        self.encryption = found

    @property
    def seals_blobs(self) -> bool:
        return self.encryption._blob_encryptor is not None

    async def context(self, principal: Principal, told: Context) -> Context:
        """Once a request, for all that is encrypted because of it."""
        handler = self.encryption._context_handler
        if handler is None:
            return told
        user: Any = principal.user or NOBODY
        made = await asked("context", lambda: handler(user, EncryptionContext(metadata=dict(told))))
        if not isinstance(made, dict):
            raise HandlerFailed(what="the context handler returned no dict")
        kept: dict[str, Any] = orjson.loads(encoding.dumps(made))
        return kept

    async def seal_blob(self, place: Place, plain: bytes) -> bytes:
        """What the handlers are told comes first, so that they are told the same when they decrypt."""
        told, handler = CURRENT.get(), self.encryption._blob_encryptor
        assert handler is not None, "asked where nothing seals blobs"
        sealed = await asked("encrypt.blob", lambda: handler(context_of(place, told), plain))
        if not isinstance(sealed, bytes):
            raise HandlerFailed(what="encrypt.blob returned no bytes")
        return encoding.dumps(told) + b"\n" + sealed

    async def open_blob(self, place: Place, sealed: bytes) -> bytes:
        told, _, blob = sealed.partition(b"\n")
        handler = self.encryption._blob_decryptor
        if handler is None:
            raise Unreadable(reason="there is no handler decrypt.blob")
        try:
            context = orjson.loads(told)
        except orjson.JSONDecodeError:
            raise Unreadable(reason=DAMAGED) from None
        plain = plaintext(await asked("decrypt.blob", lambda: handler(context_of(place, context), blob)))
        if not isinstance(plain, bytes):
            raise HandlerFailed(what="decrypt.blob returned no bytes")
        return plain

    async def seal_content(self, place: Place, value: Any) -> Any:
        if isinstance(value, dict) and not {SEALED, ASIDE} & value.keys():
            return await self.seal_values(place, value)
        return (await self.seal_values(place, {ALONE: value}))[ALONE]

    async def seal_values(self, place: Place, document: Json) -> dict[str, Any]:
        handler, told = self.encryption._json_encryptor, CURRENT.get()
        plain: dict[str, Any] = orjson.loads(encoding.dumps(document))
        if handler is None or not plain:
            return wrapped(plain, plain, told)
        sealed = await asked("encrypt.json", lambda: handler(context_of(place, told), dict(plain)))
        if not isinstance(sealed, dict) or sealed.keys() != plain.keys():
            raise HandlerFailed(what="encrypt.json must keep the keys of what it encrypts")
        return wrapped(plain, orjson.loads(encoding.dumps(sealed)), told)

    async def seal_searched(self, place: Place, document: Json) -> dict[str, Any]:
        return await self.seal_values(place, document)

    async def open_values(self, place: Place, context: Json, values: dict[str, Any]) -> dict[str, Any]:
        handler = self.encryption._json_decryptor
        if handler is None:
            raise Unreadable(reason="there is no handler decrypt.json")
        plain = plaintext(await asked("decrypt.json", lambda: handler(context_of(place, context), dict(values))))
        if not isinstance(plain, dict) or plain.keys() != values.keys():
            raise HandlerFailed(what="decrypt.json must keep the keys of what it decrypts")
        return plain

    async def aside(self) -> dict[str, Any]:
        """Events are many and small: a key of the run's own encrypts them, and the handlers encrypt that key."""
        told = {"by": self.suffix, "context": dict(CURRENT.get())}
        if not self.seals_blobs:
            return told
        sealed = await self.seal_blob(EVENTS, os.urandom(DATA_KEY))
        return {**told, "events": base64.b64encode(sealed).decode()}

    async def keyring(self, aside: Json) -> Keyring | None:
        if "events" not in aside:
            return None
        return Keyring([await self.open_blob(EVENTS, base64.b64decode(aside["events"]))])


async def asked(what: str, call: Callable[[], Awaitable[Any]]) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            return await loop.at_home(call())
    except Exception as error:
        logger.exception("the application's encryption failed", extra={"handler": what})
        raise HandlerFailed(what=f"{what} raised {type(error).__name__}") from error


def context_of(place: Place, told: Context) -> EncryptionContext:
    return EncryptionContext(model=place.model, field=place.field, metadata=dict(told))


def plaintext(told: Any) -> Any:
    """What a handler offers in place of what is stored (`replacement`) is not written: reading writes nothing."""
    return told.plaintext if isinstance(told, DecryptResult) else told
