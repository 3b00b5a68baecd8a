"""Group commit: many writers, one transaction, and each has its own fate."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from psycopg import AsyncConnection
from psycopg.errors import CharacterNotInRepertoire, CheckViolation
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from langgraph_server.checkpoints.commit import GROUP, GroupCommit, Pool
from langgraph_server.checkpoints.fence import HELD_RUNS, CheckpointsUnavailable, CheckpointTooLarge, Fence, FenceDown
from runs import lease
from runs.ending import Ending
from runs.models import Run
from runs.settlement import settle
from tests.factories import make_run
from tests.graphs.unwieldy import LONG
from tests.langgraph_server.databases import opened_saver, rows_of
from tests.runs.racing import apart

pytestmark = pytest.mark.usefixtures("django_db_setup")

TABLE: LiteralString = "CREATE TABLE written (name text CHECK (name <> 'bad'), at xid8 DEFAULT pg_current_xact_id())"
WRITE: LiteralString = "INSERT INTO written (name) SELECT * FROM unnest(%b::text[])"
#: Writes nothing.
SLEEP: LiteralString = """
INSERT INTO written (name) SELECT 'slept' FROM unnest(%b::float[]) AS s WHERE pg_sleep(s)::text IS NULL
"""


@pytest_asyncio.fixture
async def pool(django_db_setup: None) -> AsyncIterator[Pool]:
    async with opened_saver() as saver:
        async with saver.pool.connection() as connection:
            await connection.execute(TABLE)
        yield saver.pool
        async with saver.pool.connection() as connection:
            await connection.execute("DROP TABLE written")


@pytest.fixture
def group(pool: Pool) -> GroupCommit:
    return GroupCommit(pool, HELD_RUNS)


@pytest.fixture
def held(transactional_db: None) -> list[Fence]:
    """Of runs that their worker holds."""
    return [Fence(make_run(status="running", token=7).run_id, 7) for _ in range(3)]


async def write_all(group: GroupCommit, items: list[tuple[Any, Fence | None]]) -> list[BaseException | None]:
    """One that takes a while, then these at once."""
    first = asyncio.create_task(group.commit([(SLEEP, [(0.03,)])], None))
    await asyncio.sleep(0.01)
    answers = await asyncio.gather(
        *(group.commit([(WRITE, [(name,)])], fence) for name, fence in items), return_exceptions=True
    )
    await first
    return answers


async def written(pool: Pool) -> list[str]:
    return [row["name"] for row in await rows_of(pool, "SELECT name FROM written ORDER BY name")]


async def test_what_arrives_together_is_one_transaction(pool: Pool, group: GroupCommit) -> None:
    names = [f"{n:03}" for n in range(GROUP)]

    assert await write_all(group, [(name, None) for name in names]) == [None] * GROUP

    assert await written(pool) == names
    [row] = await rows_of(pool, "SELECT count(DISTINCT at) AS transactions FROM written")
    assert row["transactions"] == 1


async def test_a_large_crowd_goes_in_several_transactions(pool: Pool, group: GroupCommit) -> None:
    await write_all(group, [(str(n), None) for n in range(2 * GROUP + 1)])

    rows = await rows_of(pool, "SELECT count(*) AS size FROM written GROUP BY at ORDER BY size")
    assert [row["size"] for row in rows] == [1, GROUP, GROUP]


async def test_a_refused_item_does_not_fail_its_neighbours(pool: Pool, group: GroupCommit) -> None:
    answers = await write_all(group, [("a", None), ("bad", None), ("b", None), ("c\0", None), ("d", None)])

    assert answers[::2] == [None, None, None]
    assert [type(answer) for answer in answers[1::2]] == [CheckViolation, CharacterNotInRepertoire]
    assert await written(pool) == ["a", "b", "d"]


async def test_what_is_too_large_is_refused_for_good(pool: Pool, group: GroupCommit) -> None:
    """Although psycopg counts it among the troubles of operation, as a connection that is lost."""
    async with pool.connection() as connection:
        await connection.execute("CREATE INDEX ON written (name)")

    answers = await write_all(group, [("a", None), (LONG, None), ("b", None)])

    assert [type(answer) for answer in answers] == [type(None), CheckpointTooLarge, type(None)]
    assert await written(pool) == ["a", "b"]


async def test_an_item_that_cannot_even_be_sent_does_not_fail_its_neighbours(pool: Pool, group: GroupCommit) -> None:
    async with asyncio.timeout(5):
        answers = await write_all(group, [("a", None), ("lone \ud800", None), ("b", None)])

    assert [type(answer) for answer in answers] == [type(None), UnicodeEncodeError, type(None)]
    assert await written(pool) == ["a", "b"]


async def test_an_item_is_kept_whole_or_not_at_all(pool: Pool, group: GroupCommit) -> None:
    with pytest.raises(CheckViolation):
        await group.commit([(WRITE, [("a",), ("b",)]), (WRITE, [("bad",)])], None)

    assert await written(pool) == []


async def test_who_holds_its_run_may_write(pool: Pool, group: GroupCommit, held: list[Fence]) -> None:
    items: list[tuple[Any, Fence | None]] = [(f"{n}", fence) for n, fence in enumerate([*held, *held])]

    assert await write_all(group, [*items, ("unfenced", None)]) == [None] * 7

    assert await written(pool) == ["0", "1", "2", "3", "4", "5", "unfenced"]


async def test_a_replaced_worker_writes_nothing_and_stops_nobody(
    pool: Pool, group: GroupCommit, held: list[Fence]
) -> None:
    stale, unknown = Fence(held[1].subject, held[1].token - 1), Fence(uuid4(), 1)

    answers = await write_all(group, [("a", held[0]), ("b", stale), ("c", held[1]), ("d", unknown), ("e", None)])

    assert [type(answer) for answer in answers] == [type(None), FenceDown, type(None), FenceDown, type(None)]
    assert await written(pool) == ["a", "c", "e"]


@pytest.mark.parametrize("status", ["pending", "success", "error", "interrupted"])
async def test_a_run_that_does_not_run_writes_nothing(
    pool: Pool, group: GroupCommit, held: list[Fence], status: str
) -> None:
    async with pool.connection() as connection:
        await connection.execute("UPDATE runs_run SET status = %s, owner = NULL", [status])

    with pytest.raises(FenceDown):
        await group.commit([(WRITE, [("a",)])], held[0])

    assert await written(pool) == []


async def test_a_takeover_passes_over_a_run_whose_owner_writes(
    pool: Pool, group: GroupCommit, held: list[Fence]
) -> None:
    fence = held[0]
    async with pool.connection() as connection:
        await connection.execute("UPDATE runs_run SET lease_until = now() - interval '1 s'")
    writing = asyncio.create_task(group.commit([(SLEEP, [(0.3,)]), (WRITE, [("a",)])], fence))
    await asyncio.sleep(0.1)

    reclaim = apart(lease.reclaim)
    taken = []
    for _ in range(2):
        taken += [
            await asyncio.to_thread(
                reclaim, fence.subject, fence.token, crashes=1, progress=0, delay=timedelta(minutes=1)
            )
        ]
        await writing

    assert taken == [False, True]
    assert await written(pool) == ["a"]
    with pytest.raises(FenceDown):
        await group.commit([(WRITE, [("b",)])], fence)


MOVES = {
    "release": lambda fence: lease.release([(fence.subject, fence.token)]),
    "settle": lambda fence: settle([Ending(fence.subject, thread_of(fence), fence.token, "success")]),
}


def thread_of(fence: Fence) -> UUID:
    return Run.objects.get(run_id=fence.subject).thread_id


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
async def test_what_ends_a_lease_waits_for_the_writes_that_were_let_through(
    pool: Pool, group: GroupCommit, held: list[Fence], move: Callable[[Fence], object]
) -> None:
    writing = asyncio.create_task(group.commit([(SLEEP, [(0.3,)]), (WRITE, [("a",)])], held[0]))
    await asyncio.sleep(0.1)

    await asyncio.to_thread(apart(move), held[0])

    assert await written(pool) == ["a"]
    await writing


async def test_a_lease_is_renewed_while_its_write_is_under_way(
    pool: Pool, group: GroupCommit, held: list[Fence]
) -> None:
    pairs = [(fence.subject, fence.token) for fence in held]
    writing = [asyncio.create_task(group.commit([(SLEEP, [(0.3,)])], fence)) for fence in held[:2]]
    await asyncio.sleep(0.1)

    renewed = await asyncio.to_thread(apart(lease.renew), pairs, lease=timedelta(seconds=15))

    assert renewed == dict.fromkeys([fence.subject for fence in held])
    assert not any(task.done() for task in writing)
    await asyncio.gather(*writing)


async def test_a_writer_that_leaves_does_not_disturb_the_others(pool: Pool, group: GroupCommit) -> None:
    await asyncio.gather(*(group.commit([(WRITE, [("warm",)])], None) for _ in range(2)))
    filling = asyncio.create_task(group.commit([(SLEEP, [(0.03,)])], None))
    await asyncio.sleep(0.01)
    tasks = [asyncio.create_task(group.commit([(WRITE, [(name,)])], None)) for name in "abc"]
    await asyncio.sleep(0)
    tasks[1].cancel()

    answers = await asyncio.gather(*tasks, filling, return_exceptions=True)

    assert [type(answer) for answer in answers[:3]] == [type(None), asyncio.CancelledError, type(None)]
    assert {"a", "c"} <= set(await written(pool))


async def test_an_unreachable_database_is_told_to_all_at_once() -> None:
    nowhere: Pool = AsyncConnectionPool[AsyncConnection[DictRow]](
        "postgresql://127.0.0.1:1/nowhere?connect_timeout=1",
        min_size=0,
        max_size=2,
        timeout=0.3,
        open=False,
        kwargs={"row_factory": dict_row},
    )
    await nowhere.open()
    group = GroupCommit(nowhere, HELD_RUNS)
    started = time.monotonic()

    answers = await asyncio.gather(
        *(group.commit([(WRITE, [(str(n),)])], None) for n in range(20)), return_exceptions=True
    )

    assert [type(answer) for answer in answers] == [CheckpointsUnavailable] * 20
    assert time.monotonic() - started < 2
    await nowhere.close()


async def test_a_connection_that_broke_is_no_refusal(pool: Pool, group: GroupCommit) -> None:
    writing = asyncio.create_task(group.commit([(SLEEP, [(5,)])], None))
    await asyncio.sleep(0.1)

    await rows_of(pool, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE %s", "WITH%pg_sleep(%")

    with pytest.raises(CheckpointsUnavailable):
        await writing
    await group.commit([(WRITE, [("a",)])], None)
    assert await written(pool) == ["a"]
