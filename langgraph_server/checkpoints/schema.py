"""The library's tables are made by the library's own migrations, after Django's."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DEFAULT_DB_ALIAS, ConnectionHandler
from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.sql import SQL, Identifier

if TYPE_CHECKING:
    from langgraph.checkpoint.postgres import PostgresSaver

#: The library's, of a column that begins each table's primary key already. Three entries more for each checkpoint, and
#: on tables not analysed yet Postgres prefers them: it then reads all of a thread's values for each of its checkpoints.
SPARE_INDEXES = ("checkpoints_thread_id_idx", "checkpoint_blobs_thread_id_idx", "checkpoint_writes_thread_id_idx")
#: Django's own ways with a connection, which the library does not share.
OF_DJANGO = ("context", "cursor_factory", "row_factory", "autocommit")


@contextmanager
def library_connection(wrapper: BaseDatabaseWrapper) -> Iterator[Connection[DictRow]]:
    """A connection as the library wants it, outside any transaction of Django's."""
    parameters: dict[str, Any] = wrapper.get_connection_params()
    for name in OF_DJANGO:
        parameters.pop(name, None)
    connection: Connection[DictRow] = Connection.connect(**parameters, autocommit=True, row_factory=dict_row)
    with connection:
        yield connection


def library_saver(connection: Connection[DictRow]) -> "PostgresSaver":
    from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415 - half a second, for few commands

    return PostgresSaver(connection)


def ensure(connections: ConnectionHandler, using: str = DEFAULT_DB_ALIAS) -> None:
    """Idempotent. Its indexes are made and dropped concurrently, which no transaction allows."""
    with library_connection(connections[using]) as connection:
        # Two migrations at once would wait for each other's concurrent index for ever.
        connection.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        connection.execute("SELECT pg_advisory_lock(hashtext('langgraph_server.checkpoints'))")
        library_saver(connection).setup()
        for index in SPARE_INDEXES:
            connection.execute(SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(Identifier(index)))
