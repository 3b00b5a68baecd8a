"""The documents that several models have: metadata, a configuration, a context, a user."""

from dataclasses import replace
from typing import Any

from langgraph_server.auth.principal import KNOWN, Principal, User
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.cipher import Json
from langgraph_server.encryption.documents import content, opened, searched, values
from langgraph_server.encryption.envelopes import guarded, refuse_reserved

#: Of metadata what the server itself writes and looks for.
OPEN_METADATA = frozenset(
    {
        "graph_id",
        "assistant_id",
        "thread_id",
        "run_id",
        "cron_id",
        "owner",
        "created_by",
        "a2a",
        "langgraph_auth_user_id",
    }
)
#: Of `configurable` what says where a run belongs.
OPEN_CONFIGURABLE = frozenset(
    {"thread_id", "assistant_id", "graph_id", "cron_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map"}
)


async def metadata(model: str, document: Json) -> dict[str, Any]:
    return await searched(model, "metadata", document, open_keys=OPEN_METADATA)


async def configuration(model: str, config: Json) -> dict[str, Any]:
    """What is merged key by key is encrypted value by value; what only the engine reads stays (tags, a limit)."""
    if cipher() is None:
        return dict(config)
    refuse_reserved(config)
    sealed = guarded(config)
    if isinstance(found := config.get("configurable"), dict):
        sealed["configurable"] = await values(model, "config", found, open_keys=OPEN_CONFIGURABLE)
    if isinstance(found := config.get("metadata"), dict):
        sealed["metadata"] = await metadata(model, found)
    return sealed


async def context(model: str, document: Json) -> dict[str, Any]:
    return await values(model, "context", document)


async def caller(model: str, principal: Principal) -> Principal:
    """With what authentication told of the user beyond what every user has."""
    if cipher() is None or not principal.user:
        return principal
    told = await values(model, "user", principal.user, open_keys=frozenset(KNOWN))
    return replace(principal, user=User(told))


async def opened_caller(principal: Principal) -> Principal:
    user = await opened("run", "user", principal.user)
    return principal if user is principal.user else replace(principal, user=User(user))


async def settings_in(model: str, document: Json) -> dict[str, Any]:
    """Its config, context and metadata, as far as there are any."""
    sealers = {"config": configuration, "context": context, "metadata": metadata}
    return {
        name: await seal(model, found)
        for name, seal in sealers.items()
        if isinstance(found := document.get(name), dict)
    }


async def interrupts(model: str, found: Json) -> dict[str, Any]:
    """Task → interrupts. Their ids stay: answers name them."""
    if cipher() is None:
        return dict(found)
    return {task: [await interrupt(model, each) for each in asked] for task, asked in found.items()}


async def interrupt(model: str, found: Json) -> dict[str, Any]:
    return {**guarded(found), "value": await content(model, "interrupts", found.get("value"))}


async def error(model: str, told: Json) -> dict[str, Any]:
    """Its kind stays: operators count by it."""
    return {**told, "message": await content(model, "error", told.get("message"))}
