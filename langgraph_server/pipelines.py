"""Several statements, one round trip: what needs no answer does not wait for one."""

from collections.abc import Sequence
from functools import cache
from typing import Any, LiteralString, TypeVar

import orjson
from django.db import connection
from django.db.models import Field, Model, QuerySet

M = TypeVar("M", bound=Model)
Statement = tuple[LiteralString, Sequence[Any]]


def execute_together(*statements: Statement) -> list[list[tuple[Any, ...]]]:
    """The rows of each, in order; each sees what those before it did, and all are of the caller's transaction."""
    with connection.wrap_database_errors, connection.connection.pipeline():
        cursors = [connection.cursor() for _ in statements]
        for cursor, statement in zip(cursors, statements, strict=True):
            cursor.execute(*statement)
    return [cursor.fetchall() for cursor in cursors]


def fetch_together(wanted: Sequence[QuerySet[M]]) -> list[list[M]]:
    """What each finds; of models that Django converts nothing of but `jsonb`."""
    connection.ensure_connection()
    compilers = [found.query.get_compiler(connection=connection) for found in wanted]
    answers = execute_together(*(compiler.as_sql() for compiler in compilers))
    return [
        read(found.model, [column.target for column, *_ in compiler.select], rows)
        for found, compiler, rows in zip(wanted, compilers, answers, strict=True)
    ]


def read(model: type[M], columns: Sequence["Field[Any, Any]"], rows: Sequence[Sequence[Any]]) -> list[M]:
    names = [column.attname for column in columns]
    documents = [place for place, column in enumerate(columns) if is_jsonb(column)]
    return [model.from_db(connection.alias, names, decoded(row, documents)) for row in rows]


@cache
def is_jsonb(column: "Field[Any, Any]") -> bool:
    return column.db_type(connection) == "jsonb"


def decoded(row: Sequence[Any], documents: Sequence[int]) -> Sequence[Any]:
    values = list(row)
    for place in documents:
        if values[place] is not None:
            values[place] = orjson.loads(values[place])
    return values
