"""Several statements, one round trip: what needs no answer does not wait for one."""

from collections.abc import Sequence
from typing import Any, LiteralString

from django.db import connection
from psycopg.generators import send

Statement = tuple[LiteralString, Sequence[Any]]


def execute_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each that gives any, in order; each sees what those before it did. All are of the caller's
    transaction, which begins with them if they are its first.
    """
    connection.ensure_connection()
    session = connection.connection
    with connection.wrap_database_errors, session.pipeline():
        cursors = [connection.cursor() for _ in statements]
        for cursor, statement in zip(cursors, statements, strict=True):
            cursor.execute(*statement)
            # psycopg would wait for an answer though a large statement has not left yet: both sides, and for ever.
            session.wait(send(session.pgconn))
    return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
