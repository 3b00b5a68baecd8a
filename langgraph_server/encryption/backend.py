"""The process's cipher, as langgraph.json or the environment wish it. None: nothing is encrypted."""

import functools

from django.conf import settings

from langgraph_server.config.loading import application_object, server_config
from langgraph_server.encryption.aes import AesCipher
from langgraph_server.encryption.application import ApplicationCipher
from langgraph_server.encryption.cipher import Cipher
from langgraph_server.encryption.keys import Keyring
from langgraph_server.errors import ConfigurationError


@functools.cache
def cipher() -> Cipher | None:
    """Call it first at start and outside any loop: modules of the application may use `asyncio.run`."""
    path = server_config().encryption.get("path")
    if path is not None and (not isinstance(path, str) or not path):
        raise ConfigurationError("encryption.path: must be text")
    if path and settings.AES_KEYS:
        raise ConfigurationError("encryption.path and LANGGRAPH_AES_KEY cannot both encrypt: choose one")
    if settings.AES_JSON_KEYS and not settings.AES_KEYS:
        raise ConfigurationError(
            "LANGGRAPH_AES_JSON_KEYS names what LANGGRAPH_AES_KEY encrypts, but there is no such key"
        )
    if path:
        return ApplicationCipher(application_object(path, server_config()), named=path)
    return AesCipher(Keyring(settings.AES_KEYS), settings.AES_JSON_KEYS) if settings.AES_KEYS else None


def describe(chosen: Cipher | None) -> str:
    """For the person who runs `check`."""
    if chosen is None:
        return "encryption: none"
    if isinstance(chosen, AesCipher):
        count = len(chosen.keys.ciphers)
        others = f", {count - 1} more to read with" if count > 1 else ""
        named = f"; JSON keys: {', '.join(sorted(chosen.json_keys))}" if chosen.json_keys else ""
        return f"encryption: AES-GCM{others}{named}"
    return f"encryption: the application's own, from {server_config().encryption['path']}"
