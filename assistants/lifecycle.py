"""Assistants come, change and go."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from assistants import versions
from assistants.errors import AssistantExists, AssistantGone
from assistants.models import Assistant
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.configurations import mirror, strip_config
from langgraph_server.errors import NotFound
from langgraph_server.graphs.registry import registry
from threads.lifecycle import delete_rows
from threads.models import Thread

Json = Mapping[str, Any]

UNTITLED = "Untitled"
#: Threads that are deleted in one transaction.
BATCH = 500


def get(assistant_id: UUID, *, visible: Filter = EVERYTHING) -> Assistant:
    try:
        return Assistant.objects.visible(visible).get(assistant_id=assistant_id)
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
    visible: Filter = EVERYTHING,
) -> Assistant:
    """`if_exists="do_nothing"` returns the assistant that is there, untouched, to those who may see it."""
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
        found = Assistant.objects.visible(visible).filter(assistant_id=assistant.assistant_id).first()
        if if_exists != "do_nothing" or found is None:
            raise AssistantExists(assistant_id=assistant_id) from None
        return found
    return assistant


def update(assistant_id: UUID, changes: Json, *, visible: Filter = EVERYTHING) -> Assistant:
    """Always a new version, even if nothing changes. Metadata merges key by key, all else replaces."""
    if "graph_id" in changes:
        registry().spec(changes["graph_id"])
    with transaction.atomic():
        assistant = versions.lock(assistant_id, visible=visible)
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


def delete(
    assistant_id: UUID, *, delete_threads: bool, visible: Filter = EVERYTHING, threads: Filter = EVERYTHING
) -> None:
    """With its versions; with those of the `threads` that ran it last, if that is wished. Who runs it now, `runs`
    knows.
    """
    if not Assistant.objects.visible(visible).filter(assistant_id=assistant_id)._raw_delete("default"):
        raise AssistantGone(assistant_id=assistant_id)
    if delete_threads:
        delete_threads_of(assistant_id, visible=threads)


def delete_threads_of(assistant_id: UUID, *, visible: Filter) -> None:
    threads = Thread.objects.visible(visible).filter(metadata__contains={"assistant_id": str(assistant_id)})
    while batch := list(threads.values_list("thread_id", flat=True)[:BATCH]):
        delete_rows(batch)
