"""Each change of an assistant is kept as a version; any of them can be put in use again."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now

from assistants.errors import AssistantNotFound, VersionNotFound
from assistants.models import Assistant, AssistantVersion
from langgraph_server.auth.filters import EVERYTHING, Filter

#: What a version holds of its assistant.
HELD = ("graph_id", "name", "description", "config", "context", "metadata")


def lock(assistant_id: UUID, *, visible: Filter = EVERYTHING) -> Assistant:
    """Until the transaction ends; without the key, for new versions refer to it."""
    try:
        return Assistant.objects.visible(visible).select_for_update(no_key=True).get(assistant_id=assistant_id)
    except Assistant.DoesNotExist:
        raise AssistantNotFound(assistant_id=assistant_id) from None


def record(assistants: Iterable[Assistant]) -> None:
    """The version that each of them is at now."""
    AssistantVersion.objects.bulk_create(
        AssistantVersion(
            assistant=assistant,
            version=assistant.version,
            created_at=assistant.updated_at,
            **{name: getattr(assistant, name) for name in HELD},
        )
        for assistant in assistants
    )


def next_number(assistant: Assistant) -> int:
    """Holds its lock. Above all there ever were: an older version may be the one in use."""
    return 1 + (assistant.versions.aggregate(highest=Max("version"))["highest"] or assistant.version)


def page(
    assistant_id: UUID, *, metadata: Mapping[str, Any], limit: int, offset: int, visible: Filter = EVERYTHING
) -> list[AssistantVersion]:
    """Newest first. The wire does not tell an assistant without such versions from none at all."""
    found = AssistantVersion.objects.filter(assistant_id=assistant_id).order_by("-version")
    if visible:
        found = found.filter(visible.on("assistant__metadata"))
    if metadata:
        found = found.filter(metadata__contains=metadata)
    versions = list(found[offset : offset + limit])
    if not versions:
        raise AssistantNotFound(assistant_id=assistant_id)
    return versions


def set_latest(assistant_id: UUID, number: int | None, *, visible: Filter = EVERYTHING) -> Assistant:
    """The assistant becomes what it was at that version. No new version is made."""
    with transaction.atomic():
        assistant = lock(assistant_id, visible=visible)
        version = assistant.versions.filter(version=number).first() if number is not None else None
        if version is None:
            raise VersionNotFound(version=number, assistant_id=assistant_id)
        held = {name: getattr(version, name) for name in HELD}
        Assistant.objects.filter(assistant_id=assistant_id).update(version=number, updated_at=Now(), **held)
        return Assistant.objects.get(assistant_id=assistant_id)
