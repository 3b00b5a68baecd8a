"""Every route of the server, taken from the tables it is served by."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from langgraph_server import routing
from langgraph_server.api.streaming import METHODS
from langgraph_server.api.views import ApiView

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


def patterns() -> list[str]:
    """Of HTTP, ours and those of Django's pages, without the admin's own."""
    waiting = [pattern for pattern, _ in routing.ROUTES]
    return [*waiting, *(pattern for pattern, _ in served_by_django())]


def sockets() -> list[str]:
    return [pattern for pattern, _ in getattr(routing, "SOCKETS", ())]


def answered() -> Iterator[tuple[str, str]]:
    """Method and pattern of all that a resource's view answers."""
    for pattern, view in routing.ROUTES:
        yield from ((method, pattern) for method in METHODS if hasattr(view, method))
    for pattern, callback in served_by_django():
        served: Any = getattr(callback, "cls", None)
        if served is not None and issubclass(served, ApiView):
            allowed = callback.initkwargs.get("http_method_names", METHODS)
            yield from ((method, pattern) for method in METHODS if hasattr(served, method) and method in allowed)


def served_by_django() -> list[tuple[str, Any]]:
    return list(flattened(get_resolver().url_patterns, ""))


def flattened(found: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for each in found:
        pattern = f"{prefix}{each.pattern}"
        if isinstance(each, URLPattern):
            yield pattern, each.callback
        elif isinstance(each, URLResolver) and each.app_name != "admin":
            yield from flattened(each.url_patterns, pattern)


def filled(pattern: str, values: Mapping[str, str]) -> str:
    return "/" + PARAMETER.sub(lambda match: values[match[1]], pattern)


def parameters(pattern: str) -> set[str]:
    return set(PARAMETER.findall(pattern))
