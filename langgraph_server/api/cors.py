"""Browsers may call from anywhere by default, without credentials; CORS_ALLOW_ORIGINS narrows that and allows them."""

from typing import Any

from django.conf import settings

METHODS = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
EXPOSED = b"Content-Location, Location, X-Pagination-Total, X-Pagination-Next, Retry-After, X-Request-ID"
MAX_AGE = b"600"


class Cors:
    """Around both halves of the web process, so that every response has the headers."""

    def __init__(self, application: Any) -> None:
        self.application = application
        self.origins = settings.CORS_ALLOW_ORIGINS

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        if scope["method"] == "OPTIONS" and origin and b"access-control-request-method" in headers:
            await preflight(send, self.allowed(origin), headers)
            return
        extra = [(b"vary", b"Origin"), *self.allowed(origin)] if origin else [(b"vary", b"Origin")]

        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        await self.application(scope, receive, answered)

    def allowed(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        if "*" in self.origins:
            return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", EXPOSED)]
        if origin.decode("latin-1") not in self.origins:
            return []
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
            (b"access-control-expose-headers", EXPOSED),
        ]


async def preflight(send: Any, allowed: list[tuple[bytes, bytes]], headers: dict[bytes, bytes]) -> None:
    body = b"OK" if allowed else b"Disallowed CORS origin"
    asked = headers.get(b"access-control-request-headers", b"")
    answer = [
        *allowed,
        (b"access-control-allow-methods", METHODS),
        (b"access-control-allow-headers", asked or b"*"),
        (b"access-control-max-age", MAX_AGE),
        (b"content-type", b"text/plain"),
        (b"vary", b"Origin"),
    ]
    await send({"type": "http.response.start", "status": 200 if allowed else 400, "headers": answer})
    await send({"type": "http.response.body", "body": body})
