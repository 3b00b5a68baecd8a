"""What a caller may see: the filter that a handler returned, as a condition in SQL with parameters only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import F, JSONField, Q, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.lookups import Exact

from langgraph_server.errors import Failed

JOINED = {"$or": or_, "$and": and_}
#: How deep `$or` and `$and` may stand in each other.
DEEPEST = 2


@dataclass(frozen=True)
class Filter:
    """Empty: everything is visible."""

    document: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """One that cannot be applied is refused before it is."""
        if self.document:
            self.on("metadata")

    def __bool__(self) -> bool:
        return bool(self.document)

    def on(self, column: str) -> Q:
        """For the column, or the path to it, that holds a resource's metadata."""
        return every(self.document, column, depth=0)


EVERYTHING = Filter()


def every(document: Any, column: str, *, depth: int) -> Q:
    if not isinstance(document, Mapping):
        raise unreadable(document)
    return reduce(and_, (condition(key, wanted, column, depth) for key, wanted in document.items()), Q())


def condition(key: str, wanted: Any, column: str, depth: int) -> Q:
    if key in JOINED:
        if not isinstance(wanted, (list, tuple)) or len(wanted) < 2 or depth == DEEPEST:
            raise unreadable({key: wanted})
        return reduce(JOINED[key], (every(each, column, depth=depth + 1) or Q(pk__isnull=False) for each in wanted))
    if not isinstance(wanted, Mapping):
        return equals(key, wanted, column)
    match dict(wanted):
        case {"$eq": value, **others} if not others:
            return equals(key, value, column)
        case {"$contains": value, **others} if not others:
            members = value if isinstance(value, (list, tuple)) else [value]
            if any(isinstance(member, (list, tuple, Mapping)) for member in members):
                raise unreadable({key: wanted})
            return holds(column, {key: list(members)})
    raise unreadable({key: wanted})


def equals(key: str, value: Any, column: str) -> Q:
    """Containment finds it by the index. Of lists and objects it also finds larger ones, so these are compared too."""
    contained = holds(column, {key: value})
    if isinstance(value, (list, tuple, Mapping)):
        return contained & Q(Exact(KeyTransform(key, F(column)), Value(value, JSONField())))
    return contained


def holds(column: str, document: Mapping[str, Any]) -> Q:
    return Q(**{f"{column}__contains": document})


def unreadable(document: Any) -> Failed:
    return Failed(detail=f"Auth handler returned a filter that cannot be applied: {document!r}"[:500])
