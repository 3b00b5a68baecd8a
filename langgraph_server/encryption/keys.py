"""AES-GCM under one of several keys: the first encrypts, each decrypts what names it. Pure but for the nonces."""

import os
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from langgraph_server.encryption.errors import Unreadable

ID = 4
NONCE = 12
NO_KEY = "the key that it was encrypted with is not configured"
DAMAGED = "it is damaged or was changed"


class Keyring:
    def __init__(self, keys: Sequence[bytes]) -> None:
        self.current = id_of(keys[0])
        self.ciphers = {id_of(key): AESGCM(key) for key in keys}

    def seal(self, plain: bytes) -> bytes:
        """The key's id, a nonce, and what only that key reads."""
        nonce = os.urandom(NONCE)
        return self.current + nonce + self.ciphers[self.current].encrypt(nonce, plain, self.current)

    def open(self, sealed: bytes) -> bytes:
        """Raises Unreadable."""
        key, nonce = sealed[:ID], sealed[ID : ID + NONCE]
        if key not in self.ciphers:
            raise Unreadable(reason=NO_KEY)
        try:
            return self.ciphers[key].decrypt(nonce, sealed[ID + NONCE :], key)
        except (InvalidTag, ValueError):
            raise Unreadable(reason=DAMAGED) from None


def id_of(key: bytes) -> bytes:
    """Tells keys apart, and nothing about them."""
    return sha256(b"langgraph-server: the id of a key\0" + key).digest()[:ID]
