"""What a saver writes into the library's tables: as the library's own statements, but each with any number of rows.

A row's statement would cost two waits of its own. Each takes an array for every column.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, LiteralString

from langgraph_server import pipelines
from langgraph_server.arrays import by_column

Row = Sequence[Any]
#: A statement that changes rows and returns none, and what it is executed with: it takes an array for each column.
Statement = tuple[LiteralString, Sequence[Row]]

PUT_BLOBS: LiteralString = """
INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
SELECT * FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::bytea[])
ON CONFLICT (thread_id, checkpoint_ns, channel, version) DO NOTHING
"""

#: Of rows with the same key the last one counts.
PUT_CHECKPOINTS: LiteralString = """
INSERT INTO checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
SELECT DISTINCT ON (thread_id, checkpoint_ns, checkpoint_id)
    thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata
FROM unnest(%b::text[], %b::text[], %b::text[], %b::text[], %b::jsonb[], %b::jsonb[]) WITH ORDINALITY
    AS given (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata, n)
ORDER BY thread_id, checkpoint_ns, checkpoint_id, n DESC
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id)
DO UPDATE SET checkpoint = EXCLUDED.checkpoint, metadata = EXCLUDED.metadata
"""

PUT_WRITES: LiteralString = """
INSERT INTO checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
SELECT * FROM unnest(
    %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::int[], %b::text[], %b::text[], %b::bytea[]
)
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx) DO NOTHING
"""

#: Errors, interrupts and answers to them; of rows with the same key the last one counts.
REPLACE_WRITES: LiteralString = """
INSERT INTO checkpoint_writes
    (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
SELECT DISTINCT ON (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
    thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob
FROM unnest(
    %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::int[], %b::text[], %b::text[], %b::bytea[]
) WITH ORDINALITY
    AS given (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob, n)
ORDER BY thread_id, checkpoint_ns, checkpoint_id, task_id, idx, n DESC
ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id, task_id, idx)
DO UPDATE SET channel = EXCLUDED.channel, type = EXCLUDED.type, blob = EXCLUDED.blob
"""


def parts(statements: Iterable[LiteralString]) -> list[LiteralString]:
    """As parts of one statement, which carries them all out or none."""
    return [f"part_{n} AS ({sql})" for n, sql in enumerate(statements)]


def combined(statements: Iterable[Statement]) -> list[pipelines.Statement]:
    """As few, for a transaction that has made sure that they may be executed."""
    return [(sql, by_column(rows)) for sql, rows in gathered(statements).items()]


def gathered(statements: Iterable[Statement]) -> Mapping[LiteralString, list[Row]]:
    """Of each statement the rows of all."""
    rows: dict[LiteralString, list[Row]] = {}
    for sql, given in statements:
        rows.setdefault(sql, []).extend(given)
    return {sql: given for sql, given in rows.items() if given}
