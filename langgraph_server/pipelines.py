"""Several statements, one round trip: what needs no answer does not wait for one."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, LiteralString

from django.db import Error, connection
from django.db.backends.utils import CursorWrapper

Statement = tuple[LiteralString, Sequence[Any]]


def execute_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each that gives any, in order; each sees what those before it did. All are of the caller's
    transaction, which begins with them if they are its first; it may not end among them, for psycopg waits for the
    answer to a COMMIT in a pipeline though a large statement before it has not left, and so for ever. Where there is
    none they are one.
    """
    if not statements:
        return []
    # Not by the first cursor: a connection that is replaced then would leave its pipeline behind.
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    cursors = [connection.cursor() for _ in statements]
    # One alone gains nothing by a pipeline, which costs a third more.
    pipeline = connection.connection.pipeline() if len(statements) > 1 else nullcontext()
    try:
        with connection.wrap_database_errors, pipeline:
            for cursor, statement in zip(cursors, statements, strict=True):
                cursor.execute(*statement)
    except Error:
        if not (connection.in_atomic_block or is_last_alone_unanswered(cursors)):
            # psycopg may take those behind the one that failed for prepared, of which a ROLLBACK would clear it.
            connection.close()
        raise
    return [cursor.fetchall() if cursor.description else [] for cursor in cursors]


def is_last_alone_unanswered(cursors: Sequence[CursorWrapper]) -> bool:
    return all(cursor.statusmessage for cursor in cursors[:-1])
