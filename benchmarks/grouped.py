"""The saver below which the targets put a floor: LangGraph's, but all puts of a process share transactions.

Its tables and statements are the library's own; two transactions are in flight, each one pipeline. Ours costs less, as
it writes arrays instead of rows (langgraph_server/checkpoints).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    get_checkpoint_metadata,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncCursor, Error
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from langgraph_server.checkpoints.commit import Pool

#: A statement, and the parameters of each time that it is executed.
Statement = tuple[str, Sequence[Sequence[Any]]]
IN_FLIGHT = 2


class GroupedSaver(AsyncPostgresSaver):
    def __init__(self, pool: Pool) -> None:
        super().__init__(pool)
        self.pool = pool
        self.waiting: list[tuple[Sequence[Statement], asyncio.Future[None]]] = []
        self.flights: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        """Without the library's lock around each of them."""
        async with self.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            yield cursor

    async def commit(self, *statements: Statement) -> None:
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((statements, committed))
        if len(self.flights) < IN_FLIGHT:
            flight = asyncio.create_task(self.fly())
            self.flights.add(flight)
            flight.add_done_callback(self.flights.discard)
        await committed

    async def fly(self) -> None:
        while batch := self.waiting:
            self.waiting = []
            try:
                await self.transact([each for statements, _ in batch for each in statements])
            except Error as error:
                for _, committed in batch:
                    committed.set_exception(error)
            else:
                for _, committed in batch:
                    committed.set_result(None)

    async def transact(self, statements: Sequence[Statement]) -> None:
        async with (
            self.pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
            connection.cursor(binary=True) as cursor,
        ):
            for statement, rows in statements:
                await cursor.executemany(statement.encode(), rows)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        here = config["configurable"]
        thread_id, namespace = here["thread_id"], here["checkpoint_ns"]
        values = checkpoint["channel_values"]
        inline = {
            name: value for name, value in values.items() if value is None or isinstance(value, str | int | float)
        }
        blobs = {name: value for name, value in values.items() if name not in inline}
        versions = {name: version for name, version in new_versions.items() if name in blobs}
        documents = (
            Jsonb({**checkpoint, "channel_values": inline}),
            Jsonb(get_checkpoint_metadata(config, metadata)),
        )
        row = (thread_id, namespace, checkpoint["id"], here.get("checkpoint_id"), *documents)
        await self.commit(
            (self.UPSERT_CHECKPOINT_BLOBS_SQL, self._dump_blobs(thread_id, namespace, blobs, versions)),
            (self.UPSERT_CHECKPOINTS_SQL, [row]),
        )
        return {"configurable": {"thread_id": thread_id, "checkpoint_ns": namespace, "checkpoint_id": checkpoint["id"]}}

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        here = config["configurable"]
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        statement = self.UPSERT_CHECKPOINT_WRITES_SQL if special else self.INSERT_CHECKPOINT_WRITES_SQL
        names = (here["thread_id"], here["checkpoint_ns"], here["checkpoint_id"])
        await self.commit((statement, self._dump_writes(*names, task_id, task_path, writes)))
