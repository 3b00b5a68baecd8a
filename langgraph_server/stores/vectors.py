"""Where embeddings are kept: pgvector's extension, and a table whose columns are as wide as the configuration says.

Made at start, for only then is the configuration known. The library would also make an approximate index, which
neither its statements nor ours can use, and which refuses vectors of more than 2000 dimensions.
"""

from typing import LiteralString

from psycopg import AsyncConnection, Error
from psycopg.rows import DictRow

from langgraph_server.errors import ConfigurationError

EXTENSION: LiteralString = "CREATE EXTENSION IF NOT EXISTS vector"
TABLE: LiteralString = """
CREATE TABLE IF NOT EXISTS store_vectors (
    prefix text NOT NULL,
    key text NOT NULL,
    field_name text NOT NULL,
    embedding vector({dims}),
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    PRIMARY KEY (prefix, key, field_name),
    FOREIGN KEY (prefix, key) REFERENCES store (prefix, key) ON DELETE CASCADE
)
"""
WIDTH: LiteralString = """
SELECT atttypmod AS dims FROM pg_attribute WHERE attrelid = 'store_vectors'::regclass AND attname = 'embedding'
"""
NO_EXTENSION = (
    "store.index needs the extension 'vector' (pgvector) in the database, which cannot be made here: {error}. Install "
    "pgvector on the database server and, as its owner, say: CREATE EXTENSION vector"
)
OTHER_WIDTH = (
    "store.index.dims is {dims}, but the database keeps vectors of {found} dimensions. To embed all items anew, drop "
    "the table store_vectors, start again and write them again."
)


async def ensure(connection: AsyncConnection[DictRow], dims: int) -> None:
    """Idempotent, with any number of processes starting at once."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtext('langgraph_server.stores'))")
        try:
            await connection.execute(EXTENSION)
        except Error as error:
            raise ConfigurationError(NO_EXTENSION.format(error=str(error).strip())) from error
        await connection.execute(TABLE.format(dims=int(dims)))
        row = await (await connection.execute(WIDTH)).fetchone()
    if row and row["dims"] != dims:
        raise ConfigurationError(OTHER_WIDTH.format(dims=dims, found=row["dims"]))
