"""A worker's ledger in a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from django.db import connections

from langgraph_server.rows import Rows
from runs.execution.ledger import Ledger


@asynccontextmanager
async def opened_ledger() -> AsyncIterator[Ledger]:
    """On one thread, whose connection is closed in the end."""
    ledger = Ledger(uuid4(), ["default"])
    ledger.close()
    ledger.rows = Rows(threads=1, name="test")
    yield ledger
    await ledger.rows.call(connections.close_all)
    ledger.close()
