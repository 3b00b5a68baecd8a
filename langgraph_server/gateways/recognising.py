"""Who calls, asked in front of the application's own routes and middleware."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from starlette.authentication import AuthCredentials

from langgraph_server.api import errors
from langgraph_server.api.answering import send_json
from langgraph_server.api.bodies import read_body
from langgraph_server.api.resources import resources
from langgraph_server.auth import caller
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.scheme import scheme
from langgraph_server.errors import DomainError


class Recognise:
    """Puts the user where Starlette's requests look for it; our own views believe it and do not ask again."""

    def __init__(self, app: Any, *, asks: Callable[[Any], bool]) -> None:
        self.app = app
        self.asks = asks

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] not in {"http", "websocket"} or caller.known(scope) or not self.asks(scope):
            await self.app(scope, receive, send)
            return
        body = b""
        if scope["type"] == "http":
            read = await read_body(receive, send, settings.MAX_BODY_BYTES)
            if read is None:
                return
            body = read
        try:
            asked = Asked(scope=scope, body=lambda: body, path_params=scope.get("path_params", {}))
            principal = await scheme().aauthenticate(asked, (await resources()).rows)
        except DomainError as refusal:
            await refuse(scope, send, refusal)
            return
        caller.CALLER.set(principal)
        scope = {
            **scope,
            caller.KEY: principal,
            "user": principal.user,
            "auth": AuthCredentials(principal.permissions),
        }
        await self.app(scope, replayed(body, receive) if scope["type"] == "http" else receive, send)


def replayed(body: bytes, receive: Any) -> Any:
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Any:
        return left.pop() if left else await receive()

    return again


async def refuse(scope: Any, send: Any, refusal: DomainError) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    status = errors.status_of(refusal)
    await send_json(send, status, {"detail": str(refusal)}, errors.headers_of(refusal, status))
