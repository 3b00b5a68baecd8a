"""Rows that SQL of our own read, as instances of their models."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import orjson
from django.db import connection
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Seen(Generic[M]):
    """A row as it was read without a lock."""

    row: M
    #: Postgres's `xmin`: each change of the row gives it another.
    version: str


def instances(model: type[M], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[M]:
    """`names` of the columns, in the model's order."""
    documents = [place for place, name in enumerate(names) if type(model._meta.get_field(name)) is JSONField]
    return [model.from_db(connection.alias, names, decoded(row, documents)) for row in rows]


def versioned(model: type[M], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Seen[M]]:
    """The same, where a row's version stands before its columns."""
    read = instances(model, names, [row[1:] for row in rows])
    return [Seen(each, row[0]) for each, row in zip(read, rows, strict=True)]


def decoded(row: Sequence[Any], documents: Sequence[int]) -> Sequence[Any]:
    """Django leaves `jsonb` as text."""
    values = list(row)
    for place in documents:
        if values[place] is not None:
            values[place] = orjson.loads(values[place])
    return values
