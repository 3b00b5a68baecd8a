"""Several statements, one round trip: what needs no answer does not wait for one."""

from collections.abc import Sequence
from typing import Any, LiteralString

from django.db import connection

Statement = tuple[LiteralString, Sequence[Any]]


def execute_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each, in order; each sees what those before it did, and all are of the caller's transaction."""
    with connection.wrap_database_errors, connection.connection.pipeline():
        cursors = [connection.cursor() for _ in statements]
        for cursor, statement in zip(cursors, statements, strict=True):
            cursor.execute(*statement)
    return [cursor.fetchall() for cursor in cursors]
