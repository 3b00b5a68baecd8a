"""Several statements, one round trip: what needs no answer does not wait for one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

from django.db import connection, transaction

Statement = tuple[LiteralString, Sequence[Any]]


@contextmanager
def transaction_in_pipeline() -> Iterator[None]:
    """As `atomic`: a statement whose answer nobody asks for goes along with the next one, or with COMMIT.

    Of such a one `rowcount` is unknown in it, and an error is raised by whoever waits next.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline(), transaction.atomic():
        yield


def execute_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each, in order; each sees what those before it did, and all are of the caller's transaction, which
    begins with them if they are its first."""
    connection.ensure_connection()
    with connection.wrap_database_errors, connection.connection.pipeline():
        cursors = [connection.cursor() for _ in statements]
        for cursor, statement in zip(cursors, statements, strict=True):
            cursor.execute(*statement)
    return [cursor.fetchall() for cursor in cursors]
