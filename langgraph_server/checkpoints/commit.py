"""Group commit: what many runs want to write at the same moment goes to Postgres as one statement, in one round trip.

It also checks every writer's fence and locks it in share mode, so that a takeover cannot slip in between. If one writer
is refused or one item fails, nothing of the group is kept and each item is tried by itself: a failing item never fails
its neighbours.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, LiteralString

from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.errors import DivisionByZero
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from langgraph_server.checkpoints.fence import CheckpointsUnavailable, Fence, FenceDown

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
Row = Sequence[Any]
#: A statement that changes rows and returns none, and what it is executed with: it takes an array for each column.
Statement = tuple[LiteralString, Sequence[Row]]

UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout)
GROUP = 128


@dataclass(slots=True)
class Write:
    statements: Sequence[Statement]
    fence: Fence | None
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class GroupCommit:
    """At most `lanes` transactions in flight; what arrives meanwhile makes up the next group."""

    def __init__(self, pool: Pool, holds: LiteralString, *, lanes: int = 2) -> None:
        """`holds` is one of the statements of `fence`."""
        self.pool = pool
        self.holds = holds
        self.lanes = lanes
        self.waiting: list[Write] = []
        self.flights: set[asyncio.Task[None]] = set()

    async def commit(self, statements: Sequence[Statement], fence: Fence | None) -> None:
        """Returns after COMMIT. Raises FenceDown, CheckpointsUnavailable, or Postgres's refusal of this very item."""
        write = Write(statements, fence)
        self.waiting.append(write)
        self.depart()
        await write.done

    def depart(self) -> None:
        if not self.waiting or len(self.flights) >= self.lanes:
            return
        group, self.waiting = self.waiting[:GROUP], self.waiting[GROUP:]
        flight = asyncio.create_task(self.fly(group), name="checkpoint group")
        self.flights.add(flight)
        flight.add_done_callback(self.landed)

    def landed(self, flight: asyncio.Task[None]) -> None:
        self.flights.discard(flight)
        self.depart()

    async def fly(self, group: Sequence[Write]) -> None:
        try:
            await self.transact(group)
        except Exception as error:  # noqa: BLE001 - it belongs to the writers, who would wait for ever
            if len(group) == 1 or isinstance(error, PoolTimeout):
                for write in group:
                    fail(write, error)
            else:
                for write in group:
                    await self.fly([write])
        else:
            for write in group:
                if not write.done.done():
                    write.done.set_result(None)

    async def transact(self, group: Sequence[Write]) -> None:
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


def fail(write: Write, error: Exception) -> None:
    if write.done.done():
        return
    if isinstance(error, UNREACHABLE):
        unavailable = CheckpointsUnavailable(str(error))
        unavailable.__cause__ = error
        write.done.set_exception(unavailable)
    else:
        write.done.set_exception(error)
