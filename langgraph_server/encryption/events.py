"""Events of a run's stream, encrypted one by one: they are many and small, so always by AES, under a key of the run."""

import base64
import binascii
from collections.abc import Iterator, Mapping
from typing import Any

from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.envelopes import ASIDE, is_envelope
from langgraph_server.encryption.errors import Unreadable
from langgraph_server.encryption.keys import DAMAGED, Keyring

#: No JSON begins so.
PREFIX = b"$sealed:"
NOT_CONFIGURED = "encryption is not configured here as it was where the run was asked for"


def expect_cipher(kwargs: Mapping[str, Any]) -> None:
    """A worker without the cipher of who asked for the run must not take what is encrypted for the input."""
    if cipher() is None and any(map(is_envelope, merged(kwargs))):
        raise Unreadable(reason=NOT_CONFIGURED)
    if ASIDE in kwargs and ((chosen := cipher()) is None or chosen.suffix != kwargs[ASIDE].get("by")):
        raise Unreadable(reason=NOT_CONFIGURED)


def merged(kwargs: Mapping[str, Any]) -> Iterator[Any]:
    """What comes from rows that were written before: of the thread and the assistant."""
    yield from kwargs["context"].values()
    yield from kwargs["config"]["configurable"].values()


async def keyring_of(kwargs: Mapping[str, Any]) -> Keyring | None:
    """None: the events of the run with these kwargs are not encrypted."""
    chosen = cipher()
    aside = kwargs.get(ASIDE)
    return None if chosen is None or aside is None else await chosen.keyring(aside)


def sealed(keys: Keyring, data: bytes) -> bytes:
    """One line still."""
    return PREFIX + base64.b64encode(keys.seal(data))


def opened(keys: Keyring | None, data: bytes) -> bytes:
    if not data.startswith(PREFIX):
        return data
    if keys is None:
        raise Unreadable(reason=NOT_CONFIGURED)
    try:
        return keys.open(base64.b64decode(data[len(PREFIX) :], validate=True))
    except binascii.Error:
        raise Unreadable(reason=DAMAGED) from None
