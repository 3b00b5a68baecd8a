"""The last checkpoints of threads: runs that begin together ask for theirs together, and get them by one statement."""

from collections.abc import Sequence

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg.rows import DictRow

from langgraph_server.arrays import by_column
from langgraph_server.batching import Batcher
from langgraph_server.checkpoints.commit import Pool, answered

#: The library's own query for one, asked of each place, whose number comes along.
LAST = f"""
SELECT place.number, last.*
FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS place (thread, namespace, number)
CROSS JOIN LATERAL (
    {AsyncPostgresSaver.SELECT_SQL}
    WHERE thread_id = place.thread AND checkpoint_ns = place.namespace ORDER BY checkpoint_id DESC LIMIT 1
) AS last
"""

#: As many states may be in memory twice.
MOST = 16

#: A thread's id and a namespace in it.
Place = tuple[str, str]


class Latest:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.asked: Batcher[Place, DictRow | None] = Batcher(self.read, largest=MOST)

    async def of(self, place: Place) -> DictRow | None:
        """The row as the library loads it; None: there is no checkpoint. Raises CheckpointsUnavailable."""
        return await self.asked.submit(place)

    async def read(self, places: Sequence[Place]) -> Sequence[DictRow | Exception | None]:
        return await answered(self.fetch, places)

    async def fetch(self, places: Sequence[Place]) -> Sequence[DictRow | None]:
        async with self.pool.connection() as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(LAST, by_column(places))
            rows = {row["number"]: row for row in await cursor.fetchall()}
        return [rows.get(number) for number in range(1, len(places) + 1)]
