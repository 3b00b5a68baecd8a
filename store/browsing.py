"""What a person who looks around in the store asks for: the namespaces below one, and items.

Pages are found by keys and leap over what they do not show: neither a page's depth nor the store's size matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Left

from store.models import StoredItem

#: Characters of an item's value in a list.
START = 300
#: After all prefixes.
LAST = chr(0x10FFFF)

#: From prefix to prefix over the index: after one that is just `path` comes the very next, else the first beyond all
#: that lie below `path`. A path is told where it is a namespace itself, or else where the first below it is.
CHILDREN = """
WITH RECURSIVE visited (prefix, path) AS (
    SELECT prefix, array_to_string((string_to_array(prefix, '.'))[:%(depth)s], '.') FROM (
        SELECT prefix FROM store WHERE prefix ~>=~ %(low)s AND prefix ~<~ %(high)s ORDER BY prefix USING ~<~ LIMIT 1
    ) first
    UNION ALL
    SELECT next.prefix, array_to_string((string_to_array(next.prefix, '.'))[:%(depth)s], '.')
    FROM visited CROSS JOIN LATERAL (
        SELECT prefix FROM store
        WHERE prefix ~>=~ CASE visited.prefix WHEN visited.path THEN visited.path || chr(1) ELSE visited.path || '/' END
        AND prefix ~<~ %(high)s
        ORDER BY prefix USING ~<~ LIMIT 1
    ) next
)
SELECT prefix, path FROM visited
WHERE prefix = path OR NOT EXISTS (SELECT FROM store WHERE store.prefix = visited.path)
LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Child:
    path: str
    #: The prefix that told of it: where the next page goes on.
    place: str


def children(namespace: str, *, begins: str = "", after: str = "", limit: int) -> list[Child]:
    """Namespaces of one label more, in the order of their bytes; those whose last label begins so."""
    depth = 1 + len(namespace.split(".")) if namespace else 1
    start = f"{namespace}.{begins}" if namespace else begins
    low = successor(after, depth) if after else start
    with connection.cursor() as cursor:
        cursor.execute(CHILDREN, {"depth": depth, "low": low, "high": beyond(start), "limit": limit})
        return [Child(path, place) for place, path in cursor.fetchall()]


def beyond(start: str) -> str:
    """The first text after all that begin so: a point in the order of bytes, which is that of code points."""
    kept = start.rstrip(LAST)
    if not kept:
        return LAST
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)


def successor(place: str, depth: int) -> str:
    """Where the statement would go on, too."""
    path = ".".join(place.split(".")[:depth])
    return f"{place}\x01" if place == path else f"{path}/"


def items(namespace: str, *, begins: str = "", after: Sequence[str] = (), limit: int) -> list[dict[str, Any]]:
    """In the namespace; those whose key begins so in it and below it."""
    found = StoredItem.objects.filter(prefix=namespace)
    if begins:
        below = Q(prefix=namespace) | Q(prefix__startswith=f"{namespace}.") if namespace else Q()
        found = StoredItem.objects.filter(below, key__startswith=begins)
    if after:
        found = found.filter(pk__gt=tuple(after))
    start = Left(Cast("value", TextField()), START)
    ordered = found.annotate(start=start).order_by("prefix", "key")
    return [dict(row) for row in ordered.values("prefix", "key", "start", "updated_at", "expires_at")[:limit]]
