"""Assistants come, change and go."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from assistants import versions
from assistants.errors import AssistantExists, AssistantGone
from assistants.models import Assistant
from langgraph_server.configurations import mirror, strip_config
from langgraph_server.errors import NotFound
from langgraph_server.graphs.registry import registry
from threads.lifecycle import delete_rows
from threads.models import Thread

Json = Mapping[str, Any]

UNTITLED = "Untitled"
#: Threads that are deleted in one transaction.
BATCH = 500


def get(assistant_id: UUID) -> Assistant:
    try:
        return Assistant.objects.get(assistant_id=assistant_id)
    except Assistant.DoesNotExist:
        raise NotFound from None


def create(
    *,
    assistant_id: UUID | None,
    graph_id: str,
    config: Json,
    context: Json,
    metadata: Json,
    name: str = UNTITLED,
    description: str | None = None,
    if_exists: str = "raise",
) -> Assistant:
    """`if_exists="do_nothing"` returns the assistant that is there, untouched."""
    registry().spec(graph_id)
    mirrored_config, mirrored_context = mirror(strip_config(config), context)
    assistant = Assistant(
        assistant_id=assistant_id or uuid4(),
        graph_id=graph_id,
        config=mirrored_config,
        context=mirrored_context,
        metadata=dict(metadata),
        name=name or UNTITLED,
        description=description,
    )
    try:
        with transaction.atomic():
            assistant.save(force_insert=True)
            assistant.refresh_from_db()
            versions.record([assistant])
    except IntegrityError:
        if if_exists != "do_nothing":
            raise AssistantExists(assistant_id=assistant_id) from None
        return get(assistant.assistant_id)
    return assistant


def update(assistant_id: UUID, changes: Json) -> Assistant:
    """Always a new version, even if nothing changes. Metadata merges key by key, all else replaces."""
    if "graph_id" in changes:
        registry().spec(changes["graph_id"])
    with transaction.atomic():
        assistant = versions.lock(assistant_id)
        fields = {name: changes[name] for name in ("graph_id", "name", "description") if name in changes}
        metadata = {**assistant.metadata, **changes.get("metadata", {})}
        config, context = reconfigured(assistant, changes.get("config"), changes.get("context"))
        Assistant.objects.filter(assistant_id=assistant_id).update(
            config=config,
            context=context,
            metadata=metadata,
            version=versions.next_number(assistant),
            updated_at=Now(),
            **fields,
        )
        assistant.refresh_from_db()
        versions.record([assistant])
    return assistant


def reconfigured(assistant: Assistant, config: Json | None, context: Json | None) -> tuple[Json, Json]:
    """An empty config counts as not given; a context alone replaces the whole config, too."""
    if context is None and not config:
        return assistant.config, assistant.context
    new_config, new_context = mirror(strip_config(config or {}), context or {})
    if context is None:
        return new_config, new_context or assistant.context
    if not config and not new_context:
        return {key: value for key, value in assistant.config.items() if key != "configurable"}, {}
    return new_config, new_context


def delete(assistant_id: UUID, *, delete_threads: bool) -> None:
    """With its versions; with the threads that ran it last, if that is wished. Who runs it now, `runs` knows."""
    if not Assistant.objects.filter(assistant_id=assistant_id)._raw_delete("default"):
        raise AssistantGone(assistant_id=assistant_id)
    if delete_threads:
        delete_threads_of(assistant_id)


def delete_threads_of(assistant_id: UUID) -> None:
    threads = Thread.objects.filter(metadata__contains={"assistant_id": str(assistant_id)})
    while batch := list(threads.values_list("thread_id", flat=True)[:BATCH]):
        delete_rows(batch)
