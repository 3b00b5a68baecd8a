"""What a checkpoint holds, read from its rows for people to look at; graphs and clients read it through the saver."""

from collections.abc import Iterable
from functools import reduce
from operator import or_
from typing import Any

import orjson
from django.db.models import Q

from langgraph_server import encoding
from langgraph_server.checkpoints.backend import plan
from langgraph_server.checkpoints.models import Checkpoint, CheckpointBlob, CheckpointWrite
from langgraph_server.checkpoints.sealed import BLOB, opened_blob, opened_scalar
from langgraph_server.checkpoints.serializing import SUFFIX, serializer
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.documents import here
from langgraph_server.encryption.errors import EncryptionFailed

#: Channels that only tell the engine which node comes next.
ROUTES = "branch:to:"


def values_of(checkpoint: Checkpoint) -> dict[str, Any]:
    """Its channels as plain JSON: scalars from its own row, the rest from blobs that it may share with others."""
    stored = checkpoint.checkpoint
    inline = {channel: scalar(value) for channel, value in (stored.get("channel_values") or {}).items()}
    values = {**inline, **blobs(checkpoint, stored.get("channel_versions") or {})}
    return {channel: values[channel] for channel in sorted(values) if not channel.startswith(ROUTES)}


def blobs(checkpoint: Checkpoint, versions: dict[str, Any]) -> dict[str, Any]:
    if not versions:
        return {}
    wanted = reduce(or_, (Q(channel=channel, version=str(version)) for channel, version in versions.items()))
    found = CheckpointBlob.objects.filter(
        wanted, thread_id=checkpoint.thread_id, checkpoint_ns=checkpoint.checkpoint_ns
    )
    return {blob.channel: plain(blob.type, blob.blob) for blob in found if blob.type != "empty"}


def writes_of(checkpoint: Checkpoint) -> Iterable[tuple[str, str, Any]]:
    """Task, channel and value of what tasks wrote after it; interrupts and errors are among them."""
    found = CheckpointWrite.objects.filter(
        thread_id=checkpoint.thread_id,
        checkpoint_ns=checkpoint.checkpoint_ns,
        checkpoint_id=checkpoint.checkpoint_id,
    )
    for write in found.order_by("task_path", "task_id", "idx"):
        yield write.task_id, write.channel, plain(write.type or "", write.blob)


def scalar(value: Any) -> Any:
    try:
        return here(opened_scalar(value))
    except EncryptionFailed as error:
        return unreadable(error)


def plain(kind: str, blob: Any) -> Any:
    serde = serializer(plan().config.serde)
    try:
        if SUFFIX in kind and (chosen := cipher()):
            kind, blob = here(opened_blob(chosen, BLOB, kind, bytes(blob)))
        value = serde.loads_typed((kind, bytes(blob)))
    except Exception as error:  # noqa: BLE001 - types of the application are made here, of which it may allow few
        return unreadable(error)
    return orjson.loads(encoding.dumps(value))


def unreadable(error: Exception) -> str:
    return f"(unreadable: {type(error).__name__})"
