"""A long history costs nothing to who reads the end of it."""

from collections.abc import AsyncIterator
from typing import Any, LiteralString
from uuid import uuid4

import pytest
import pytest_asyncio

from langgraph_server.checkpoints.fence import HELD_RUNS
from langgraph_server.checkpoints.saver import Saver, open_saver
from tests.graphs import echo
from tests.langgraph_server.databases import conninfo

pytestmark = pytest.mark.django_db(transaction=True)

#: Copies of a thread's latest checkpoint, each older than the one before.
OLDER: LiteralString = """
INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
SELECT thread_id, checkpoint_ns, '0' || lpad(n::text, 6, '0') || checkpoint_id, NULL, type, checkpoint, metadata
FROM (SELECT * FROM checkpoints WHERE thread_id = %s ORDER BY checkpoint_id DESC LIMIT 1) c, generate_series(1, %s) n
"""
READ: LiteralString = """
SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_user_tables WHERE relname = 'checkpoints'
"""


@pytest_asyncio.fixture
async def saver(transactional_db: None) -> AsyncIterator[Saver]:
    """On one connection, whose reading can be counted."""
    async with open_saver(conninfo(), pool_size=1, holds=HELD_RUNS) as saver:
        yield saver


async def thread_with(saver: Saver, checkpoints: int) -> Any:
    config: Any = {"configurable": {"thread_id": str(uuid4())}}
    await echo.graph.copy(update={"checkpointer": saver}).ainvoke({"said": 1}, config)
    async with saver.pool.connection() as connection:
        await connection.execute(OLDER, [config["configurable"]["thread_id"], checkpoints])
        await connection.execute("ANALYZE checkpoints")
    return config


async def rows_read(saver: Saver) -> int:
    async with saver.pool.connection() as connection:
        await connection.execute("SELECT pg_stat_force_next_flush()")
        row = await (await connection.execute(READ)).fetchone()
    assert row is not None
    return int(row["read"])


async def test_state_and_recent_history_read_no_more_rows_of_a_thousand_checkpoints_than_of_ten(saver: Saver) -> None:
    graph = echo.graph.copy(update={"checkpointer": saver})
    long, short = await thread_with(saver, 1000), await thread_with(saver, 10)
    costs = {}
    for name, config in (("long", long), ("short", short)):
        before = await rows_read(saver)
        state = await graph.aget_state(config)
        history = [one async for one in graph.aget_state_history(config, limit=10)]
        costs[name] = await rows_read(saver) - before
        assert (state.values["said"], len(history)) == (1, 10)

    assert 0 < costs["long"] <= costs["short"] < 50
