"""The server under a prefix of its own (`http.mount_prefix`), beside others behind one address."""

from typing import Any

from django.conf import settings
from django.urls import set_script_prefix

from langgraph_server.api.answering import send_json

#: Whoever watches the process asks it itself, and knows no prefix.
UNPREFIXED = frozenset({"/", "/ok", "/metrics"})


def prepare(prefix: str) -> None:
    """Before Django's application is made: pages link to each other below the prefix."""
    if prefix:
        settings.FORCE_SCRIPT_NAME = prefix
        settings.STATIC_URL = f"{prefix}/static/"
        set_script_prefix(f"{prefix}/")


class Mounted:
    def __init__(self, application: Any, prefix: str) -> None:
        self.application = application
        self.prefix = prefix

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or path in UNPREFIXED:
            await self.application(scope, receive, send)
        elif path == self.prefix or path.startswith(f"{self.prefix}/"):
            raw = scope.get("raw_path", b"").removeprefix(self.prefix.encode())
            stripped = {**scope, "path": path[len(self.prefix) :] or "/", "raw_path": raw or b"/"}
            await self.application(stripped, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await send_json(send, 404, {"detail": "Not Found"})
