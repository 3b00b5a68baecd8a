"""Who may read what graphs and clients wrote; others see that rows exist, and how they stand."""

from collections.abc import Collection, Iterator
from typing import Any

from django.http import HttpRequest  # noqa: TID251 - the admin's pages speak HTTP

PERMISSION = "checkpoints.view_content"


def may_read(request: HttpRequest) -> bool:
    return request.user.has_perm(PERMISSION)


def without(fieldsets: Any, hidden: Collection[str]) -> list[Any]:
    """A section of which nothing is left goes."""
    lessened = [(title, {**options, "fields": kept(options["fields"], hidden)}) for title, options in fieldsets]
    return [(title, options) for title, options in lessened if options["fields"]]


def kept(fields: Any, hidden: Collection[str]) -> tuple[Any, ...]:
    """A tuple among them is a line of several."""
    return tuple(lines(fields, hidden))


def lines(fields: Any, hidden: Collection[str]) -> Iterator[Any]:
    for field in fields:
        if isinstance(field, str):
            if field not in hidden:
                yield field
        elif line := kept(field, hidden):
            yield line
