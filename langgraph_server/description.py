"""The API's description covers the routes of the loop too: each is described by a view that never answers."""

from typing import Any

from django.urls import include, path
from django.urls.resolvers import URLPattern
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

from langgraph_server.api.streaming import METHODS, WaitingView
from langgraph_server.routing import ROUTES


def described_patterns(served: list[Any]) -> list[Any]:
    """Django's own routes and stand-ins for the others."""
    return [path("", include([described(pattern, view) for pattern, view in ROUTES])), *served]


def described(pattern: str, view: type[WaitingView]) -> URLPattern:
    methods = {method: stand_in(view, method, pattern) for method in METHODS if hasattr(view, method)}
    standing_in: type[APIView] = type(view.__name__, (APIView,), {"__doc__": view.__doc__, **methods})
    return path(pattern, standing_in.as_view())


def stand_in(view: type[WaitingView], method: str, pattern: str) -> Any:
    def answer(self: APIView, request: Any, **parameters: str) -> None: ...

    return extend_schema(request=view.takes(method, pattern), responses=dict)(answer)
