"""The store's table is made by the library's own migrations, after Django's; indexes for filters are ours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, LiteralString

from django.db.utils import DEFAULT_DB_ALIAS, ConnectionHandler
from psycopg import Connection
from psycopg.rows import DictRow

from langgraph_server.checkpoints.schema import library_connection

if TYPE_CHECKING:
    from langgraph.store.postgres import PostgresStore

#: Minutes of an item may have a fraction, as those of the configuration do; the library's are whole.
FRACTIONS: LiteralString = "ALTER TABLE store ALTER COLUMN ttl_minutes TYPE double precision"
ARE_WHOLE: LiteralString = """
SELECT FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name = 'store'
AND column_name = 'ttl_minutes' AND data_type = 'integer'
"""
INDEXES: Sequence[LiteralString] = (
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS store_value ON store USING gin (value jsonb_path_ops) "
    "WITH (fastupdate = off)",
    # Keys that begin so in any namespace, in the admin.
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS store_key ON store (key text_pattern_ops)",
)


def ensure(connections: ConnectionHandler, using: str = DEFAULT_DB_ALIAS) -> None:
    """Idempotent. Its indexes are made concurrently, which no transaction allows."""
    with library_connection(connections[using]) as connection:
        connection.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        connection.execute("SELECT pg_advisory_lock(hashtext('langgraph_server.stores'))")
        library_store(connection).setup()
        if connection.execute(ARE_WHOLE).fetchone() is not None:
            connection.execute(FRACTIONS)
        for index in INDEXES:
            connection.execute(index)


def library_store(connection: Connection[DictRow]) -> "PostgresStore":
    from langgraph.store.postgres import PostgresStore  # noqa: PLC0415 - half a second, for few commands

    return PostgresStore(connection)
