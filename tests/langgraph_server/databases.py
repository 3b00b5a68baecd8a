"""The tests' database, for what does not come to it through Django."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from langgraph_server.checkpoints.commit import Pool
from langgraph_server.checkpoints.fence import HELD_RUNS
from langgraph_server.checkpoints.saver import Saver, open_saver


def conninfo() -> str:
    return make_conninfo(settings.DATABASE_URI, dbname=connection.settings_dict["NAME"])


@asynccontextmanager
async def opened_saver() -> AsyncIterator[Saver]:
    """As a worker has it."""
    async with open_saver(conninfo(), pool_size=4, holds=HELD_RUNS) as saver:
        yield saver


async def rows_of(pool: Pool, sql: LiteralString, *parameters: Any) -> list[dict[str, Any]]:
    async with pool.connection() as own:
        return await (await own.execute(sql, parameters)).fetchall()
