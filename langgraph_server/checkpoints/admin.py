"""A thread's checkpoints in the admin: a page of its own, for stock pages refuse tables with composite keys."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.template.response import TemplateResponse
from langgraph.checkpoint.base.id import UUID as TimedUUID

from langgraph_server.admin.content import may_read
from langgraph_server.admin.display import document, moment
from langgraph_server.checkpoints.models import Checkpoint

PAGE = 25
#: Characters of each document.
LONGEST = 4_000
#: Where the clock of UUIDs starts; it counts tenths of microseconds.
EPOCH = datetime(1582, 10, 15, tzinfo=UTC)


def checkpoints_page(request: HttpRequest, thread_id: UUID, context: Mapping[str, Any]) -> TemplateResponse:
    """The newest first, of all namespaces or of one; `before` is the last id of the page before."""
    if not request.user.has_perm("checkpoints.view_checkpoint"):
        raise PermissionDenied
    namespace, before = request.GET.get("ns"), request.GET.get("before", "")
    found = list(page_of(thread_id, namespace=namespace, before=before))
    shown = found[:PAGE]
    return TemplateResponse(
        request,
        "admin/checkpoints/of_thread.html",
        {
            **context,
            "title": "Checkpoints",
            "thread_id": thread_id,
            "namespace": namespace,
            "may_read": may_read(request),
            "before": before,
            "checkpoints": shown,
            "next": shown[-1]["id"] if len(found) > PAGE else None,
        },
    )


def page_of(thread_id: UUID, *, namespace: str | None, before: str) -> Iterator[dict[str, Any]]:
    """One more than is shown. Ids of checkpoints are made from the time, so they alone are the key of the paging."""
    checkpoints: QuerySet[Checkpoint] = Checkpoint.objects.filter(thread_id=str(thread_id))
    if namespace is not None:
        checkpoints = checkpoints.filter(checkpoint_ns=namespace)
    if before:
        checkpoints = checkpoints.filter(checkpoint_id__lt=before)
    columns = checkpoints.values(
        "checkpoint_id",
        "parent_checkpoint_id",
        "checkpoint_ns",
        "metadata",
        channel_values=F("checkpoint__channel_values"),
    )
    return map(row, columns.order_by("-checkpoint_id", "checkpoint_ns")[: PAGE + 1])


def row(columns: Mapping[str, Any]) -> dict[str, Any]:
    metadata = columns["metadata"]
    return {
        "id": columns["checkpoint_id"],
        "parent": columns["parent_checkpoint_id"],
        "namespace": columns["checkpoint_ns"],
        "step": metadata.get("step"),
        "source": metadata.get("source"),
        "created": moment(made_at(columns["checkpoint_id"])),
        "metadata": document(metadata, longest=LONGEST),
        "values": document(columns["channel_values"], longest=LONGEST) if columns["channel_values"] else None,
    }


def made_at(checkpoint_id: str) -> datetime | None:
    """None for an id that somebody made without the time in it."""
    try:
        made = TimedUUID(checkpoint_id)
    except ValueError:
        return None
    return EPOCH + timedelta(microseconds=made.time // 10) if made.version == 6 else None
