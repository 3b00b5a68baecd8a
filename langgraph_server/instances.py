"""Rows that SQL of our own read, as instances of their models."""

from collections.abc import Sequence
from typing import Any, TypeVar

import orjson
from django.db import connection
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)


def instances(model: type[M], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[M]:
    """`names` of the columns, in the model's order."""
    documents = [place for place, name in enumerate(names) if type(model._meta.get_field(name)) is JSONField]
    return [model.from_db(connection.alias, names, decoded(row, documents)) for row in rows]


def decoded(row: Sequence[Any], documents: Sequence[int]) -> Sequence[Any]:
    """Django leaves `jsonb` as text."""
    values = list(row)
    for place in documents:
        if values[place] is not None:
            values[place] = orjson.loads(values[place])
    return values
