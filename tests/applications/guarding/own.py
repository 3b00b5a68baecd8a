"""Encrypts with a key of each tenant, who is named by the request's header."""

import base64
import json
import os
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from langgraph_sdk import Encryption, EncryptionContext
from langgraph_sdk.encryption.types import DecryptResult

PREFIX = "enc:"
SHOWN = {"owner", "shown"}

encryption = Encryption()


def cipher(ctx: EncryptionContext) -> AESGCM:
    """Without the context that it was encrypted with, nothing is decrypted."""
    assert ctx.metadata["via"] == "context handler"
    return AESGCM(sha256(ctx.metadata["tenant"].encode()).digest())


@encryption.context
async def context(user: Any, ctx: EncryptionContext) -> dict[str, Any]:
    return {"tenant": "nobody", **ctx.metadata, "via": "context handler"}


@encryption.encrypt.blob
async def encrypt_blob(ctx: EncryptionContext, blob: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + cipher(ctx).encrypt(nonce, blob, None)


@encryption.decrypt.blob
async def decrypt_blob(ctx: EncryptionContext, blob: bytes) -> bytes:
    return cipher(ctx).decrypt(blob[:12], blob[12:], None)


@encryption.encrypt.json
async def encrypt_json(ctx: EncryptionContext, data: dict[str, Any]) -> dict[str, Any]:
    assert ctx.model
    assert ctx.field
    return {key: value if key in SHOWN else PREFIX + await text(ctx, value) for key, value in data.items()}


async def text(ctx: EncryptionContext, value: Any) -> str:
    return base64.b64encode(await encrypt_blob(ctx, json.dumps(value).encode())).decode()


@encryption.decrypt.json
async def decrypt_json(ctx: EncryptionContext, data: dict[str, Any]) -> DecryptResult[dict[str, Any]]:
    plain = {key: await value_of(ctx, value) for key, value in data.items()}
    return DecryptResult(plain)


async def value_of(ctx: EncryptionContext, value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(PREFIX):
        return value
    return json.loads(await decrypt_blob(ctx, base64.b64decode(value.removeprefix(PREFIX))))
