"""Group commit: what many runs want to write at the same moment goes to Postgres as one statement, in one round trip.

It also checks every writer's fence and locks it in share mode, so that a takeover cannot slip in between. If one writer
is refused or one item fails, nothing of the group is kept and each item is tried by itself: a failing item never fails
its neighbours.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import LiteralString, TypeVar

from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.errors import DivisionByZero, ProgramLimitExceeded
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from langgraph_server.arrays import by_column
from langgraph_server.batching import Batcher, each_for_itself
from langgraph_server.checkpoints.fence import CheckpointsUnavailable, CheckpointTooLarge, Fence, FenceDown
from langgraph_server.checkpoints.statements import Statement, gathered, parts

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]

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
        return await answered(self.transact, group)

    async def transact(self, group: Sequence[Write]) -> Sequence[None]:
        rows = gathered(chain.from_iterable(write.statements for write in group))
        fences = sorted({write.fence for write in group if write.fence}, key=lambda fence: fence.subject)
        parameters = [[fence.subject for fence in fences], [fence.token for fence in fences]]
        for each in rows.values():
            parameters += by_column(each)
        async with self.pool.connection() as connection:
            try:
                await connection.execute(together(self.holds, tuple(rows)), [*parameters, len(fences)])
            except DivisionByZero as error:
                raise FenceDown from error
        return [None] * len(group)


@cache
def together(holds: LiteralString, statements: Sequence[LiteralString]) -> LiteralString:
    """All of them or none: with a fence missing it divides by zero, as nothing else in it does."""
    with_fence = [f"held AS ({holds})", *parts(statements)]
    return f"WITH {', '.join(with_fence)} SELECT 1 / (count(*) = %s)::int FROM held"


async def answered(
    run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]], items: Sequence[Item]
) -> Sequence[Answer | Exception]:
    """Each for itself, and trouble by the names that a saver's callers know."""
    return [told(each) for each in await each_for_itself(run, items, shared=PoolTimeout)]


def told(answer: Answer | Exception) -> Answer | Exception:
    """What is too large is refused for good, though psycopg counts it among the troubles of operation."""
    if not isinstance(answer, UNREACHABLE):
        return answer
    kind = CheckpointTooLarge if isinstance(answer, ProgramLimitExceeded) else CheckpointsUnavailable
    error = kind(str(answer))
    error.__cause__ = answer
    return error
