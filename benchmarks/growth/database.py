"""The database of the server that is measured, for rows that nobody wants to wait for the API to make."""

import asyncio
import os
import sys
from pathlib import Path
from typing import LiteralString

import psycopg

from langgraph_server.embedded import state
from langgraph_server.embedded.postgres import Postgres


def uri(graphs: Path) -> str:
    return Postgres(graphs / ".langgraph_server").uri


async def plant(graphs: Path, *statements: LiteralString, **parameters: object) -> None:
    async with await psycopg.AsyncConnection.connect(uri(graphs), autocommit=True) as connection:
        await connection.execute("SET statement_timeout = 0")
        for statement in statements:
            await connection.execute(statement, parameters or None)


async def seed(graphs: Path, *statements: LiteralString, **parameters: object) -> None:
    """Then what autovacuum would do within minutes."""
    await plant(graphs, *statements, **parameters)
    await plant(graphs, "VACUUM ANALYZE")


async def inside(graphs: Path, module: str, *arguments: str) -> str:
    """What a module prints that has our settings and works on that database."""
    environment = {
        **state.read(graphs / ".langgraph_server"),
        "DJANGO_SETTINGS_MODULE": "langgraph_server.settings",
        "LANGGRAPH_CONFIG": str(graphs / "langgraph.json"),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{module} ended with {process.returncode}")
    return answer.decode()
