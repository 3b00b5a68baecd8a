"""Group commit: what many runs want to write at the same moment goes to Postgres as one statement, in one round trip.

It also checks every writer's fence and locks it in share mode, so that a takeover cannot slip in between. If one writer
is refused or one item fails, nothing of the group is kept and each item is tried by itself: a failing item never fails
its neighbours.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, LiteralString, TypeVar

from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.errors import DivisionByZero
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from langgraph_server.batching import Batcher
from langgraph_server.checkpoints.fence import CheckpointsUnavailable, Fence, FenceDown

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
Row = Sequence[Any]
#: A statement that changes rows and returns none, and what it is executed with: it takes an array for each column.
Statement = tuple[LiteralString, Sequence[Row]]

UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout)
GROUP = 128


@dataclass(frozen=True, slots=True)
class Write:
    statements: Sequence[Statement]
    fence: Fence | None


class GroupCommit:
    def __init__(self, pool: Pool, holds: LiteralString) -> None:
        """`holds` is one of the statements of `fence`."""
        self.pool = pool
        self.holds = holds
        self.writes: Batcher[Write, None] = Batcher(self.write, largest=GROUP)

    async def commit(self, statements: Sequence[Statement], fence: Fence | None) -> None:
        """Returns after COMMIT. Raises FenceDown, CheckpointsUnavailable, or Postgres's refusal of this very item."""
        await self.writes.submit(Write(statements, fence))

    async def write(self, group: Sequence[Write]) -> Sequence[Exception | None]:
        return await each_for_itself(self.transact, group)

    async def transact(self, group: Sequence[Write]) -> Sequence[None]:
        rows = gathered(group)
        fences = sorted({write.fence for write in group if write.fence}, key=lambda fence: fence.subject)
        parameters = [[fence.subject for fence in fences], [fence.token for fence in fences]]
        for each in rows.values():
            parameters += map(list, zip(*each, strict=True))
        async with self.pool.connection() as connection:
            try:
                await connection.execute(together(self.holds, tuple(rows)), [*parameters, len(fences)])
            except DivisionByZero as error:
                raise FenceDown from error
        return [None] * len(group)


async def each_for_itself(
    run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], items: Sequence[Item]
) -> Sequence[Answer | Exception]:
    """What `run` answers to all; where that fails, to each alone, or why not."""
    try:
        return await run(items)
    except Exception as error:  # noqa: BLE001 - it belongs to those who ask, and would wait for ever
        if len(items) == 1 or isinstance(error, PoolTimeout):
            return [told(error)] * len(items)
        return [answer for item in items for answer in await each_for_itself(run, [item])]


def gathered(group: Sequence[Write]) -> Mapping[LiteralString, list[Row]]:
    """Of each statement the rows of all."""
    rows: dict[LiteralString, list[Row]] = {}
    for write in group:
        for sql, given in write.statements:
            rows.setdefault(sql, []).extend(given)
    return {sql: given for sql, given in rows.items() if given}


@cache
def together(holds: LiteralString, statements: Sequence[LiteralString]) -> LiteralString:
    """All of them or none: with a fence missing it divides by zero, as nothing else in it does."""
    parts = [f"held AS ({holds})", *(f"part_{n} AS ({sql})" for n, sql in enumerate(statements))]
    return f"WITH {', '.join(parts)} SELECT 1 / (count(*) = %s)::int FROM held"


def told(error: Exception) -> Exception:
    if not isinstance(error, UNREACHABLE):
        return error
    unavailable = CheckpointsUnavailable(str(error))
    unavailable.__cause__ = error
    return unavailable
