"""A thread's checkpoints in the admin: pages of their own, for stock pages refuse tables with composite keys."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest  # noqa: TID251 - the admin's pages speak HTTP
from django.template.response import TemplateResponse
from langgraph.checkpoint.base.id import UUID as TimedUUID

from langgraph_server.admin.comparing import changes
from langgraph_server.admin.content import may_read
from langgraph_server.admin.conversation import conversation
from langgraph_server.admin.display import moment
from langgraph_server.admin.documents import document, side
from langgraph_server.checkpoints.lanes import lanes
from langgraph_server.checkpoints.models import Checkpoint
from langgraph_server.checkpoints.stored import values_of, writes_of

PAGE = 25
#: Writes that one checkpoint's page shows.
WRITES = 200
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
    for checkpoint, lane in zip(shown, lanes((key_of(row), parent_key(row)) for row in shown), strict=True):
        checkpoint["lane"] = lane
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


def key_of(row: Mapping[str, Any]) -> str:
    """Of all namespaces together: a page may show several."""
    return f"{row['namespace']} {row['id']}"


def parent_key(row: Mapping[str, Any]) -> str | None:
    return f"{row['namespace']} {row['parent']}" if row["parent"] else None


def checkpoint_page(
    request: HttpRequest, thread_id: UUID, checkpoint_id: str, context: Mapping[str, Any]
) -> TemplateResponse:
    """One of them: what the thread held then, what its step changed, what came after."""
    if not (request.user.has_perm("checkpoints.view_checkpoint") and may_read(request)):
        raise PermissionDenied
    siblings = Checkpoint.objects.filter(thread_id=str(thread_id), checkpoint_ns=request.GET.get("ns", ""))
    checkpoint = siblings.filter(checkpoint_id=checkpoint_id).first()
    if checkpoint is None:
        raise Http404("There is no such checkpoint.")
    parent = siblings.filter(checkpoint_id=checkpoint.parent_checkpoint_id or "").first()
    children = siblings.filter(parent_checkpoint_id=checkpoint_id).order_by("checkpoint_id")
    values = values_of(checkpoint)
    return TemplateResponse(
        request,
        "admin/checkpoints/checkpoint.html",
        {
            **context,
            "title": "Checkpoint",
            "thread_id": thread_id,
            "checkpoint": row_of(checkpoint),
            "children": list(children.values_list("checkpoint_id", flat=True)[:PAGE]),
            **changes(values_of(parent) if parent else {}, values),
            "conversation": conversation(values),
            "values": document(values),
            "writes": [(task, channel, side(value)) for task, channel, value in islice(writes_of(checkpoint), WRITES)],
        },
    )


def row_of(checkpoint: Checkpoint) -> dict[str, Any]:
    names = ("checkpoint_id", "parent_checkpoint_id", "checkpoint_ns", "metadata")
    return row({"channel_values": None, **{name: getattr(checkpoint, name) for name in names}})


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
