"""`get_client()` of the SDK without an address: this server, asked from within its own processes, for whoever calls.

The request is answered on the process's one long-lived loop, by the same routes, with the caller's identity in its
scope; without an identity it is judged by its credentials like any other. Workers load the routes when first asked.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator, MutableMapping
from contextlib import suppress
from typing import Any

import httpx
from langgraph_sdk._async import client
from langgraph_sdk._shared import utilities

from langgraph_server.auth import caller
from langgraph_server.auth import loop as home
from langgraph_server.encryption import context as encryption
from langgraph_server.encryption.context import HEADER

ROUTES = "langgraph_server.asgi"
RESOURCES = "langgraph_server.api.resources"
#: Parts of an answer that may wait for the client.
AHEAD = 64

Message = MutableMapping[str, Any]


def install() -> None:
    """Before the application is imported: it may make its clients then. The SDK has no public way for later ones."""
    os.environ["__LANGGRAPH_DEFER_LOOPBACK_TRANSPORT"] = "true"
    vars(client)["get_asgi_transport"] = lambda: Loopback


async def close() -> None:
    """What was opened to answer, on the loop that ends."""
    if RESOURCES in sys.modules:
        await sys.modules[RESOURCES].close()


class Loopback(httpx.AsyncBaseTransport):
    def __init__(self, app: Any = None, root_path: str = "") -> None:
        # The SDK keeps every transport for a later that does not come.
        utilities._registered_transports.clear()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = Exchange(await request.aread())
        exchange.begin(scope_of(request))
        start = await exchange.next()
        return httpx.Response(start["status"], headers=start["headers"], stream=exchange)


def scope_of(request: httpx.Request) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": request.url.raw_path.partition(b"?")[0],
        "query_string": request.url.query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 0),
        "root_path": "",
    }
    if HEADER not in request.headers:
        found["headers"] += encryption.header()
    if principal := caller.CALLER.get():
        found[caller.KEY] = principal
    return found


class Exchange(httpx.AsyncByteStream):
    """One request and its answer, between the caller's loop and the process's own."""

    def __init__(self, body: bytes) -> None:
        self.here = asyncio.get_running_loop()
        self.there = home.HOME[0] if home.HOME else self.here
        self.messages: asyncio.Queue[Message | BaseException] = asyncio.Queue(AHEAD)
        self.body: bytes | None = body
        self.work: Any = None

    def begin(self, scope: dict[str, Any]) -> None:
        self.work = asyncio.run_coroutine_threadsafe(self.answer(scope), self.there)

    async def answer(self, scope: dict[str, Any]) -> None:
        try:
            routes = sys.modules.get(ROUTES) or await asyncio.to_thread(importlib.import_module, ROUTES)
            await vars(routes)["api"](scope, self.receive, self.send)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, on its own loop
            await self.hand_over(error)

    async def receive(self) -> Message:
        if self.body is None:
            await asyncio.Event().wait()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        await self.hand_over(message)

    async def hand_over(self, message: Message | BaseException) -> None:
        if self.here is self.there:
            await self.messages.put(message)
        else:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.messages.put(message), self.here))

    async def next(self) -> Message:
        message = await self.messages.get()
        if isinstance(message, BaseException):
            raise httpx.TransportError(str(message)) from message
        return message

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message = await self.next()
            more = message.get("more_body", False)
            if body := message.get("body"):
                yield body

    async def aclose(self) -> None:
        with suppress(asyncio.InvalidStateError):
            self.work.cancel()
