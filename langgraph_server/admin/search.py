"""What an operator types into a search box: ids, `key=value` of the metadata, plain words. Nothing scans JSON."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isfinite
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.text import smart_split, unescape_string_literal


def terms(text: str) -> Iterator[str]:
    """Separated by spaces; quotes keep a term together."""
    for term in smart_split(text):
        yield unquoted(term)


def as_id(term: str) -> UUID | None:
    try:
        return UUID(term.strip())
    except ValueError:
        return None


def by_id(term: str, fields: Sequence[str]) -> Q | None:
    """Exactly that id in one of the fields; None if the term is no id."""
    if (wanted := as_id(term)) is None:
        return None
    return any_of(Q(**{field: wanted}) for field in fields)


def by_metadata(term: str) -> Q | None:
    """`key=value` as containment, which the GIN index answers; None if the term has another form."""
    key, separator, text = term.partition("=")
    if not key or not separator:
        return None
    return any_of(Q(metadata__contains={key: value}) for value in meanings(unquoted(text)))


def any_of(conditions: Iterator[Q]) -> Q:
    found = Q()
    for condition in conditions:
        found |= condition
    return found


def meanings(text: str) -> list[Any]:
    """`5` is the number or the text; nobody wants to quote for a search box."""
    try:
        value = json.loads(text)
    except ValueError:
        return [text]
    if isinstance(value, float) and not isfinite(value):
        return [text]
    return [text] if isinstance(value, str | list | dict) else [text, value]


def unquoted(text: str) -> str:
    return unescape_string_literal(text) if len(text) > 1 and text[0] in "\"'" and text[0] == text[-1] else text


#: How a list understands one term; the first answer that is not None counts.
Meaning = Callable[[str], Q | None]


def meaning_of(term: str, meanings: Iterable[Meaning]) -> Q:
    """The first that understands the term decides; what none understands finds nothing."""
    understood = (meaning(term) for meaning in meanings)
    return next((condition for condition in understood if condition is not None), Q(pk__in=[]))
