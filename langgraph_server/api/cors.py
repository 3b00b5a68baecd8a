"""Which pages of other origins may call, and which headers they may read: the application's words (`http.cors`),
never without what the clients of this API need.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from starlette.middleware.cors import CORSMiddleware

from langgraph_server.config.http import http_config
from langgraph_server.errors import ConfigurationError

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY")
ASKED = (
    *("authorization", "cache-control", "content-type", "last-event-id"),
    *("x-api-key", "x-auth-scheme", "x-request-id", "x-tenant-id"),
)
EXPOSED = ("Content-Location", "Location", "X-Pagination-Total", "X-Pagination-Next", "Retry-After", "X-Request-ID")
VARY = (b"vary", b"Origin")


class Cors:
    """Around both halves of the web process, so that every response has the headers."""

    def __init__(self, app: Any) -> None:
        self.application = CORSMiddleware(app, **options())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start" and not varies(message["headers"]):
                message["headers"] = [*message["headers"], VARY]
            await send(message)

        await self.application(scope, receive, answered if scope["type"] == "http" else send)


def varies(headers: Any) -> bool:
    return any(name == b"vary" and b"origin" in value.lower() for name, value in headers)


def options() -> dict[str, Any]:
    configured = parsed(settings.CORS_CONFIG) if settings.CORS_CONFIG else http_config().cors
    if configured is None:
        origins = settings.CORS_ALLOW_ORIGINS
        configured = {"allow_origins": origins, "allow_credentials": "*" not in origins}
    return {**merged(configured), "allow_private_network": settings.ALLOW_PRIVATE_NETWORK}


def parsed(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"CORS_CONFIG is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigurationError("CORS_CONFIG must be an object")
    return document


def merged(configured: Mapping[str, Any]) -> dict[str, Any]:
    origins = configured.get("allow_origins", [])
    credentials = configured.get("allow_credentials", False)
    if "*" in origins and credentials:
        raise ConfigurationError("http.cors: credentials for every origin would let any page act for its visitors")
    return {
        "allow_origins": origins,
        "allow_origin_regex": configured.get("allow_origin_regex"),
        "allow_methods": configured.get("allow_methods", METHODS),
        "allow_headers": [*configured["allow_headers"], *ASKED] if configured.get("allow_headers") else ["*"],
        "allow_credentials": credentials,
        "expose_headers": union(EXPOSED, configured.get("expose_headers", ())),
        "max_age": configured.get("max_age", 600),
    }


def union(needed: tuple[str, ...], wished: Any) -> list[str]:
    known = {name.lower() for name in needed}
    return [*needed, *(name for name in wished if name.lower() not in known)]
