"""The process's checkpointer: the library's tables, written by group commit behind a fence.

The stock saver serialises all its operations on one lock, hops to a thread for each and commits each alone;
docs/decisions/0003 has the figures.
"""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from functools import partial
from math import copysign
from typing import Any, LiteralString, Self, cast

from django.conf import settings
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from psycopg import AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from langgraph_server import encoding
from langgraph_server.checkpoints import succession
from langgraph_server.checkpoints.commit import UNREACHABLE, GroupCommit, Pool
from langgraph_server.checkpoints.configuration import Serde
from langgraph_server.checkpoints.fence import CheckpointsUnavailable, Fence, FenceDown
from langgraph_server.checkpoints.latest import Latest
from langgraph_server.checkpoints.serializing import serializer
from langgraph_server.checkpoints.statements import PUT_BLOBS, PUT_CHECKPOINTS, PUT_WRITES, REPLACE_WRITES, Statement
from langgraph_server.checkpoints.trail import Trail

#: Since this version of its format a checkpoint has the sends that wait; for older ones the library asks once more.
SENDS_INSIDE = 4
SURROGATE = re.compile("[\ud800-\udfff]")


def never() -> bool:
    return False


@asynccontextmanager
async def open_saver(
    conninfo: str, *, pool_size: int, holds: LiteralString, serde: Serde = Serde()
) -> AsyncIterator["Saver"]:
    """On a pool of its own; lives on the loop it is opened on."""
    async with open_pool(conninfo, pool_size) as pool:
        yield Saver(pool, GroupCommit(pool, holds), serde)


@asynccontextmanager
async def open_pool(conninfo: str, size: int) -> AsyncIterator[Pool]:
    pool: Pool = AsyncConnectionPool(
        conninfo,
        min_size=0,
        max_size=size,
        timeout=5,
        # The pool waits twice as long after each failure: by default Postgres could be back for minutes unnoticed.
        reconnect_timeout=5,
        open=False,
        kwargs={
            "autocommit": True,
            "prepare_threshold": None if settings.POOLER else 0,
            "row_factory": dict_row,
            "connect_timeout": 5,
            **settings.POSTGRES_SILENCE,
        },
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


class Saver(AsyncPostgresSaver):
    def __init__(self, pool: Pool, group: GroupCommit, serde: Serde) -> None:
        super().__init__(pool, serde=serializer(serde))
        self.pool = pool
        self.group = group
        self.latest = Latest(pool)
        self.fence: Fence | None = None
        self.is_late = never
        self.blank = False
        self.trail: Trail | None = None

    def fenced(
        self, fence: Fence, is_late: Callable[[], bool] = never, *, ahead: bool = False, blank: bool = False
    ) -> Self:
        """The same saver for one run's writes, refused once the run is no longer held.

        `is_late`: by the process's own clock it is not. Then nothing is read either, and no step begins from it.
        `ahead`: a put returns before its commit; what is read has all, and `kept` returns after them.
        `blank`: the thread has no checkpoints, and nobody else makes any. Until it has, nothing is looked for.
        """
        fenced = copy(self)
        fenced.fence, fenced.is_late, fenced.blank = fence, is_late, blank
        fenced.trail = Trail(partial(self.group.commit, fence=fence)) if ahead else None
        return fenced

    async def kept(self) -> None:
        """All that was put is committed. Raises as a put does."""
        if self.trail:
            await self.trail.written()

    async def rest(self) -> Sequence[Statement]:
        """What was put and is not committed, for who commits it with the end of the run. Raises as a put does."""
        return await self.trail.rest() if self.trail else ()

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        is_named = config["configurable"].get("checkpoint_id")
        found = await (super().aget_tuple(config) if is_named else self.last(config))
        if self.is_late():
            raise FenceDown
        return found

    async def last(self, config: RunnableConfig) -> CheckpointTuple | None:
        if self.blank:
            return None
        await self.kept()
        here = config["configurable"]
        row = await self.latest.of((str(here["thread_id"]), here.get("checkpoint_ns", "")))
        if row is None:
            return None
        if row["checkpoint"]["v"] < SENDS_INSIDE and row["parent_checkpoint_id"]:
            return await super().aget_tuple(config)
        return await self._load_checkpoint_tuple(row)

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        await self.kept()
        try:
            async with self.pool.connection() as connection:
                if pipeline:
                    async with (
                        connection.transaction(),
                        connection.pipeline(),
                        connection.cursor(binary=True) as cursor,
                    ):
                        yield cursor
                else:
                    async with connection.cursor(binary=True) as cursor:
                        yield cursor
        except UNREACHABLE as error:
            raise CheckpointsUnavailable(str(error)) from error

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        here = config["configurable"]
        thread_id, namespace = here["thread_id"], here.get("checkpoint_ns", "")
        inline, blobs = split(checkpoint["channel_values"])
        statements: list[Statement] = []
        versions = {channel: version for channel, version in new_versions.items() if channel in blobs}
        if versions:
            rows = self._dump_blobs(thread_id, namespace, blobs, versions)
            statements.append((PUT_BLOBS, rows))
        row = (
            thread_id,
            namespace,
            checkpoint["id"],
            here.get("checkpoint_id"),
            jsonb({**checkpoint, "channel_values": inline}),
            jsonb(get_serializable_checkpoint_metadata(config, metadata)),
        )
        statements.append((PUT_CHECKPOINTS, [row]))
        await self.keep(statements)
        saved = {"thread_id": thread_id, "checkpoint_ns": namespace, "checkpoint_id": checkpoint["id"]}
        return {"configurable": saved}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        here = config["configurable"]
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        sql = REPLACE_WRITES if special else PUT_WRITES
        rows = self._dump_writes(
            here["thread_id"],
            here.get("checkpoint_ns", ""),
            here["checkpoint_id"],
            task_id,
            task_path,
            writes,
        )
        await self.keep([(sql, rows)])

    async def keep(self, statements: Sequence[Statement]) -> None:
        self.blank = False
        if self.trail:
            self.trail.add(statements)
        else:
            await self.group.commit(statements, self.fence)

    async def _load_checkpoint_tuple(self, value: DictRow) -> CheckpointTuple:
        here = {key: value[key] for key in ("thread_id", "checkpoint_ns", "checkpoint_id")}
        parent = value["parent_checkpoint_id"]
        succession.follow(value["checkpoint_id"])
        stored = value["checkpoint"]
        channel_values = {**(stored.get("channel_values") or {}), **self._load_blobs(value["channel_values"])}
        return CheckpointTuple(
            config={"configurable": here},
            checkpoint=cast(Checkpoint, {**stored, "channel_values": channel_values}),
            metadata=value["metadata"],
            parent_config={"configurable": {**here, "checkpoint_id": parent}} if parent else None,
            pending_writes=self._load_writes(value["pending_writes"]),
        )


def split(values: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Scalars stay in the checkpoint row, the rest goes to blobs; a delta snapshot leaves its marker behind."""
    inline: dict[str, Any] = {}
    blobs: dict[str, Any] = {}
    for channel, value in values.items():
        if is_exact_in_jsonb(value):
            inline[channel] = value
        else:
            blobs[channel] = value
            if isinstance(value, _DeltaSnapshot):
                inline[channel] = True
    return inline, blobs


def is_exact_in_jsonb(value: Any) -> bool:
    """Scalars that come back as they went in.

    NUL, lone surrogates, NaN and huge integers do not; floats without a fraction would come back as integers, unless
    they are written with one (below 1e16), and -0.0 without its sign.
    """
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, float):
        return abs(value) < 1e16 and (value != 0 or copysign(1, value) > 0)
    if not isinstance(value, str) or "\0" in value:
        return False
    return value.isascii() or not SURROGATE.search(value)


def jsonb(value: Any) -> Jsonb:
    return Jsonb(value, dumps=encoding.document)
