"""Signatures as Standard Webhooks describes them, with the secret of each destination.

`WEBHOOK_SECRETS` is a JSON object: host → secret or list of secrets (`whsec_` and base64), `*` for all other hosts.
While a secret is changed both are listed: each message then carries a signature of either. Without a secret for its
host a message goes unsigned.
"""

import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from langgraph_server.errors import ConfigurationError

Secrets = Mapping[str, tuple[Webhook, ...]]
WRONG = "WEBHOOK_SECRETS must be a JSON object: host → secret or list of secrets, each base64"


def secrets_of(text: str) -> Secrets:
    if not text.strip():
        return {}
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ConfigurationError(WRONG) from None
    if not isinstance(document, dict):
        raise ConfigurationError(WRONG)
    return {host.lower(): tuple(map(signer, several(value))) for host, value in document.items()}


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def signer(secret: Any) -> Webhook:
    if not isinstance(secret, str):
        raise ConfigurationError(WRONG)
    try:
        return Webhook(secret)
    except (binascii.Error, ValueError, EmptyWebhookSecretError):
        # Without the cause, which could tell the secret.
        raise ConfigurationError(WRONG) from None


def headers(secrets: Secrets, *, host: str, delivery_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    signed = {"webhook-id": delivery_id, "webhook-timestamp": str(int(sent_at.timestamp()))}
    signers = secrets.get(host, secrets.get("*", ()))
    signatures = [each.sign(msg_id=delivery_id, timestamp=sent_at, data=body.decode()) for each in signers]
    return {**signed, "webhook-signature": " ".join(signatures)} if signatures else signed
