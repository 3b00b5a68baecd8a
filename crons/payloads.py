"""What a cron keeps of the body it was made with, and the run that it asks for at each firing. Pure but for the ids."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crons.models import Cron
from langgraph_server.auth.filters import Filter
from langgraph_server.auth.principal import ANONYMOUS, principal_of
from langgraph_server.configurations import RESERVED_CONFIGURABLE, RESERVED_METADATA, mirror, strip, strip_config
from langgraph_server.encryption.envelopes import ASIDE
from runs.choices import Durability, MultitaskStrategy, OnCompletion, StreamMode
from runs.requests import RunRequest

Json = Mapping[str, Any]

#: Not the client's to change once the cron is there.
FIXED = frozenset({"assistant_id", "thread_id", "cron_id"})
OWN_ID = "cron_id"


def kept(body: Json, *, cron_id: UUID, config: Json) -> dict[str, Any]:
    """The body, its config completed by the stored one with the cron's id; reserved keys just disappear."""
    changes = strip(body, FIXED)
    if "metadata" in body:
        changes["metadata"] = strip(body["metadata"], RESERVED_METADATA)
    if "context" in body:
        changes["context"] = strip(body["context"], RESERVED_CONFIGURABLE)
    return {**changes, "config": named(body.get("config", config), cron_id)}


def named(config: Json, cron_id: UUID) -> dict[str, Any]:
    configurable = strip(config.get("configurable") or {}, RESERVED_CONFIGURABLE)
    return {**strip_config(config), "configurable": {**configurable, OWN_ID: str(cron_id)}}


def refuse_both(payload: Json) -> None:
    """Context and configurable stand for each other; the cron's own id counts as neither."""
    mirror(own(payload["config"]), payload.get("context") or {})


def own(config: Json) -> dict[str, Any]:
    """What the client said, without the id that the cron put there."""
    return {**config, "configurable": strip(config.get("configurable") or {}, frozenset({OWN_ID}))}


def run_request(cron: Cron) -> RunRequest:
    """Without a thread of the cron's own, admission makes one, which goes with the run or stays."""
    payload: Json = cron.payload
    modes = payload.get("stream_mode") or (StreamMode.VALUES,)
    return RunRequest(
        assistant=str(cron.assistant_id),
        thread_id=cron.thread_id,
        input=payload.get("input"),
        metadata={**cron.metadata, **(payload.get("metadata") or {})},
        caller=(principal_of(cron.user) if cron.user else None) or ANONYMOUS,
        visible=Filter(cron.reach),
        stream_mode=(modes,) if isinstance(modes, str) else tuple(modes),
        stream_subgraphs=payload.get("stream_subgraphs", False),
        stream_resumable=payload.get("stream_resumable", False),
        interrupt_before=payload.get("interrupt_before"),
        interrupt_after=payload.get("interrupt_after"),
        webhook=payload.get("webhook"),
        multitask_strategy=payload.get("multitask_strategy", MultitaskStrategy.ENQUEUE),
        durability=payload.get("durability") or legacy_durability(payload),
        cron_id=cron.cron_id,
        temporary=cron.thread_id is None and cron.on_run_completed == OnCompletion.DELETE,
        encryption=payload.get(ASIDE),
        **where_ids_go(payload, cron.cron_id),
    )


def legacy_durability(payload: Json) -> Durability:
    return Durability.EXIT if payload.get("checkpoint_during") is False else Durability.ASYNC


def where_ids_go(payload: Json, cron_id: UUID) -> dict[str, Any]:
    """A run's context and configurable mirror each other, and only one may be given: the id joins that one."""
    config, context = payload.get("config") or {}, payload.get("context") or {}
    if not context:
        return {"config": named(config, cron_id)}
    return {"config": own(config), "context": {**context, OWN_ID: str(cron_id)}}
