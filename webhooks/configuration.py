"""`webhooks` of langgraph.json, checked and with its headers' variables filled in; what is wrong stops the start."""

import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph_server.config.loading import server_config
from langgraph_server.errors import ConfigurationError
from langgraph_server.variables.crons import WEBHOOK_SECRETS
from webhooks.policy import Policy, policy_of
from webhooks.signing import Secrets, secrets_of

VARIABLE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
PREFIX = "LG_WEBHOOK_"
FIELDS = frozenset(
    {
        "run_id",
        "thread_id",
        "assistant_id",
        "created_at",
        "updated_at",
        "metadata",
        "kwargs",
        "multitask_strategy",
        "status",
        "run_started_at",
        "run_ended_at",
        "webhook_sent_at",
        "values",
        "error",
    }
)


@dataclass(frozen=True)
class Configuration:
    policy: Policy
    headers: Mapping[str, str]
    secrets: Secrets
    #: None: a body has all its fields.
    allowed_fields: frozenset[str] | None
    #: Webhooks are accepted with a run and never sent (`http.disable_webhooks`).
    disabled: bool = False


@functools.cache
def configuration() -> Configuration:
    """Call it first at start, once the application's environment is there."""
    config = server_config()
    section = config.webhooks
    return Configuration(
        policy=policy_of(section.get("url")),
        headers=headers_of(section),
        secrets=secrets_of(WEBHOOK_SECRETS.read()),
        allowed_fields=allowed_fields_of(section),
        disabled=config.http.get("disable_webhooks") is True,
    )


def headers_of(section: Mapping[str, Any]) -> dict[str, str]:
    headers = section.get("headers") or {}
    prefix = section.get("env_prefix", PREFIX)
    if not isinstance(headers, Mapping) or not isinstance(prefix, str):
        raise ConfigurationError("webhooks: headers must be an object and env_prefix text")
    return {name: filled(name, value, prefix) for name, value in headers.items()}


def filled(name: str, value: Any, prefix: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"webhooks.headers.{name}: must be text")
    result = VARIABLE.sub(lambda match: variable(name, match[1], prefix), value)
    if "\r" in result or "\n" in result or not result.isascii():
        raise ConfigurationError(f"webhooks.headers.{name}: must be one line of ASCII")
    return result


def variable(header: str, expression: str, prefix: str) -> str:
    where = f"webhooks.headers.{header}"
    name = expression.removeprefix("env.")
    if name == expression or not name.startswith(prefix):
        raise ConfigurationError(f"{where}: '{expression}' must be env.{prefix}…, others are not given to receivers")
    if name not in os.environ:
        raise ConfigurationError(f"{where}: the environment has no {name}")
    return os.environ[name]


def allowed_fields_of(section: Mapping[str, Any]) -> frozenset[str] | None:
    allowed = section.get("allowed_fields")
    if allowed is None:
        return None
    if not isinstance(allowed, list) or (unknown := [name for name in allowed if name not in FIELDS]):
        told = f"webhooks.allowed_fields: must be a list of {', '.join(sorted(FIELDS))}"
        raise ConfigurationError(told if not isinstance(allowed, list) else f"{told}; not {unknown}")
    return frozenset(allowed)
