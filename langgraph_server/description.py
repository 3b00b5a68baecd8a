"""The API's description covers the routes of the loop too: each is described by a view that never answers."""

from typing import Any

from django.urls import include, path
from django.urls.resolvers import URLPattern
from drf_spectacular.utils import extend_schema
from rest_framework.views import APIView

from langgraph_server.api.streaming import METHODS, WaitingView
from langgraph_server.auth.scheme import own_ways
from langgraph_server.config.loading import server_config
from langgraph_server.gateways import custom
from langgraph_server.routing import ROUTES

BY_KEY: dict[str, Any] = {
    "securitySchemes": {"apiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}},
    "security": [{"apiKey": []}],
}


#: Functions of `health`, which describe nothing themselves.
OPEN = {
    "ok": "Whether the server answers; with `check_db=1` also whether its database does.",
    "info": "Version and flags.",
    "metrics": "For Prometheus, or with `format=json` as JSON.",
}


def described_patterns(served: list[Any]) -> list[Any]:
    """Django's own routes and stand-ins for the others."""
    stand_ins = [described(pattern, view) for pattern, view in ROUTES]
    return [path("", include([*map(open_to_all, OPEN), *stand_ins])), *served]


def open_to_all(pattern: str) -> URLPattern:
    def get(self: APIView, request: Any) -> None: ...

    described = extend_schema(responses=dict, auth=[], operation_id=pattern)(get)
    standing_in: type[APIView] = type("Open", (APIView,), {"get": described, "__doc__": OPEN[pattern]})
    return path(pattern, standing_in.as_view())


def secured(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """With the ways to get in: the application's own words (`auth.openapi`), or the server's."""
    auth = server_config().auth
    told = auth.get("openapi") or {}
    if not auth.get("path"):
        told = BY_KEY if "keys" in own_ways() else {}
    if schemes := told.get("securitySchemes"):
        result.setdefault("components", {}).setdefault("securitySchemes", {}).update(schemes)
    if "security" in told:
        result["security"] = told["security"]
    for where, item in (told.get("paths") or {}).items():
        result["paths"][where] = {**result["paths"].get(where, {}), **item}
    custom.described(result)
    return result


def described(pattern: str, view: type[WaitingView]) -> URLPattern:
    methods = {method: stand_in(view, method, pattern) for method in METHODS if hasattr(view, method)}
    standing_in: type[APIView] = type(view.__name__, (APIView,), {"__doc__": view.__doc__, **methods})
    return path(pattern, standing_in.as_view())


def stand_in(view: type[WaitingView], method: str, pattern: str) -> Any:
    def answer(self: APIView, request: Any, **parameters: str) -> None: ...

    return extend_schema(request=view.takes(method, pattern), responses=dict)(answer)
