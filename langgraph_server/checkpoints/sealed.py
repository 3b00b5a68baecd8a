"""The checkpointer where encryption is configured: what the library writes is encrypted on its way into Postgres.

Blobs say so in their type; scalars in a checkpoint's own row become envelopes. Connections are given back before
anything is decrypted: handlers of the application may take their time.
"""

import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple, DeltaChannelHistory
from psycopg.rows import DictRow

from langgraph_server import encoding
from langgraph_server.checkpoints.commit import GroupCommit, Pool
from langgraph_server.checkpoints.configuration import Serde
from langgraph_server.checkpoints.saver import Saver, jsonb
from langgraph_server.checkpoints.serializing import SUFFIX
from langgraph_server.checkpoints.statements import PUT_BLOBS, PUT_CHECKPOINTS, Statement
from langgraph_server.encryption import documents
from langgraph_server.encryption.cipher import Cipher, Place
from langgraph_server.encryption.envelopes import BLOB as MARK
from langgraph_server.encryption.envelopes import SEALED
from langgraph_server.encryption.errors import Unreadable

BLOB = Place("checkpoint", "blob")
WRITE = Place("checkpoint", "write")
VALUES = Place("checkpoint", "channel_values")
#: Of a checkpoint's metadata what the server and the library look for in SQL, or write themselves.
OPEN = frozenset(
    {
        "source",
        "step",
        "parents",
        "run_id",
        "thread_id",
        "graph_id",
        "assistant_id",
        "user_id",
        "cron_id",
        "checkpoint_id",
        "checkpoint_ns",
        "run_attempt",
        "counters_since_delta_snapshot",
        "langgraph_version",
        "langgraph_api_version",
        "langgraph_plan",
        "langgraph_host",
        "langgraph_api_url",
        "langgraph_request_id",
        "langgraph_auth_user_id",
        "langgraph_auth_permissions",
    }
)


class SealedSaver(Saver):
    def __init__(self, pool: Pool, group: GroupCommit, serde: Serde, cipher: Cipher) -> None:
        super().__init__(pool, group, serde)
        self.cipher = cipher

    async def keep(self, statements: Sequence[Statement]) -> None:
        await super().keep([(sql, await self.sealed(sql, rows)) for sql, rows in statements])

    async def sealed(self, sql: str, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        if sql == PUT_CHECKPOINTS:
            return await documents.together(self.cipher, (self.sealed_checkpoint(row) for row in rows))
        place = BLOB if sql == PUT_BLOBS else WRITE
        return await documents.together(self.cipher, (self.sealed_blob(place, row) for row in rows))

    async def sealed_blob(self, place: Place, row: Sequence[Any]) -> Sequence[Any]:
        """Its last columns are type and blob."""
        *key, kind, blob = row
        if blob is None or not self.cipher.seals_blobs:
            return row
        return (*key, kind + self.cipher.suffix, await self.cipher.seal_blob(place, bytes(blob)))

    async def sealed_checkpoint(self, row: Sequence[Any]) -> Sequence[Any]:
        *key, checkpoint, metadata = row
        inline = checkpoint.obj["channel_values"]
        values = await documents.together(self.cipher, map(self.sealed_scalar, inline.values()))
        shown = {**checkpoint.obj, "channel_values": dict(zip(inline, values, strict=True))}
        told = await documents.values("checkpoint", "metadata", metadata.obj, open_keys=OPEN)
        return (*key, jsonb(shown), jsonb(told))

    async def sealed_scalar(self, value: Any) -> Any:
        """Null and the booleans stay: the library marks with them which channels have a blob."""
        if value is None or isinstance(value, bool) or not self.cipher.seals_blobs:
            return value
        sealed = await self.cipher.seal_blob(VALUES, encoding.dumps(value))
        return {SEALED: base64.b64encode(sealed).decode(), MARK: True}

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        found = await super().aget_tuple(config)
        return None if found is None else await self.opened(found)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        for found in [each async for each in super().alist(config, filter=filter, before=before, limit=limit)]:
            yield await self.opened(found)

    async def _load_checkpoint_tuple(self, value: DictRow) -> CheckpointTuple:
        """Only the row: its connection is still held."""
        return cast(CheckpointTuple, value)

    async def opened(self, found: CheckpointTuple) -> CheckpointTuple:
        row = cast(DictRow, found)
        stored = row["checkpoint"]
        inline = stored.get("channel_values") or {}
        values = await documents.together(self.cipher, map(opened_scalar, inline.values()))
        return await super()._load_checkpoint_tuple(
            {
                **row,
                "checkpoint": {**stored, "channel_values": dict(zip(inline, values, strict=True))},
                "metadata": await documents.opened("checkpoint", "metadata", row["metadata"]),
                "channel_values": await documents.together(
                    self.cipher, (self.opened_value(*each) for each in row["channel_values"] or ())
                ),
                "pending_writes": await documents.together(
                    self.cipher, (self.opened_write(*each) for each in row["pending_writes"] or ())
                ),
            }
        )

    async def opened_value(self, channel: bytes, kind: bytes, blob: bytes) -> tuple[bytes, bytes, bytes]:
        plain_kind, plain = await self.opened_blob(BLOB, kind.decode(), blob)
        return channel, plain_kind.encode(), plain

    async def opened_write(self, task: bytes, channel: bytes, kind: bytes, blob: bytes, *place: bytes) -> Any:
        plain_kind, plain = await self.opened_blob(WRITE, kind.decode(), blob)
        return task, channel, plain_kind.encode(), plain, *place

    async def opened_blob(self, place: Place, kind: str, blob: bytes) -> tuple[str, bytes]:
        """What was written before encryption was switched on is as it was."""
        return await opened_blob(self.cipher, place, kind, blob)

    async def aget_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        parts: Any = await super().aget_delta_channel_history(config=config, channels=channels)
        if "stage2_rows" not in parts:
            return cast(Mapping[str, DeltaChannelHistory], parts)
        rows = await documents.together(self.cipher, map(self.opened_row, parts["stage2_rows"]))
        seeds = parts["seed_inline_by_ch"]
        scalars = await documents.together(self.cipher, map(opened_scalar, seeds.values()))
        inline = dict(zip(seeds, scalars, strict=True))
        opened = {**parts, "stage2_rows": rows, "seed_inline_by_ch": inline}
        return super()._build_delta_channels_writes_history(**opened)

    def _build_delta_channels_writes_history(self, **parts: Any) -> Any:
        """As `_load_checkpoint_tuple`: opened later."""
        return parts

    async def opened_row(self, row: Any) -> Any:
        if row["blob"] is None:
            return row
        kind, blob = await self.opened_blob(BLOB, row["type"], row["blob"])
        return {**row, "type": kind, "blob": blob}


async def opened_scalar(value: Any) -> Any:
    return await documents.opened(VALUES.model, VALUES.field, value)


async def opened_blob(cipher: Cipher, place: Place, kind: str, blob: bytes) -> tuple[str, bytes]:
    plain, mark, _ = kind.partition(SUFFIX)
    if not mark:
        return kind, blob
    if not kind.endswith(cipher.suffix):
        raise Unreadable(reason="it was encrypted in another way than is configured")
    return plain, await cipher.open_blob(place, blob)
