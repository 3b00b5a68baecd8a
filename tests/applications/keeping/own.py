"""A checkpointer and a store of the application's own: the library's, in a schema that the server knows nothing of."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.store.postgres.aio import AsyncPostgresStore
from psycopg.conninfo import make_conninfo

SCHEMA = "application"


class Keeper(AsyncPostgresSaver):
    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        async with self._cursor() as cursor:
            await cursor.execute("DELETE FROM checkpoints WHERE metadata ->> 'run_id' = ANY(%s)", [list(run_ids)])


def conninfo(uri: str) -> str:
    return make_conninfo(uri, options=f"-c search_path={SCHEMA}")


@asynccontextmanager
async def keeper() -> AsyncIterator[AsyncPostgresSaver]:
    async with Keeper.from_conn_string(conninfo(os.environ["DATABASE_URI"])) as saver:
        yield saver


@asynccontextmanager
async def store() -> AsyncIterator[AsyncPostgresStore]:
    async with AsyncPostgresStore.from_conn_string(conninfo(os.environ["DATABASE_URI"])) as store:
        yield store
