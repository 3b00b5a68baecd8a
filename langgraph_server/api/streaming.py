"""The base of routes that wait or stream: the same steps as `views`, on the process's loop.

A consumer whose work awaits would not see its client leave; here a second task listens for that beside the work.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from channels.generic.http import AsyncHttpConsumer
from django.conf import settings
from rest_framework.serializers import BaseSerializer

from langgraph_server import encoding
from langgraph_server.api import errors, observing
from langgraph_server.api.access import Access
from langgraph_server.api.answering import encoded
from langgraph_server.api.bodies import read_body
from langgraph_server.api.headers import configurable
from langgraph_server.api.parsing import NotJson, parse_object
from langgraph_server.api.resources import resources
from langgraph_server.auth.holding import held
from langgraph_server.auth.principal import Principal
from langgraph_server.background import end
from langgraph_server.errors import Unauthenticated

logger = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")
#: What Django's middleware says of the other routes.
GUARDS: Headers = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
YES = {"true", "1", "yes"}
METHODS = ("get", "post", "put", "patch", "delete")


class Beat:
    """Tells a response that stays open when a sign of life is due: on quiet, and at least once in each interval."""

    def __init__(self) -> None:
        self.clock = asyncio.get_running_loop().time
        self.last = self.clock()

    def is_due(self, *, quiet: bool) -> bool:
        due = quiet or self.clock() - self.last >= settings.STREAM_HEARTBEAT.total_seconds()
        if due:
            self.last = self.clock()
        return due


class WaitingView(Access, AsyncHttpConsumer):
    """Subclasses answer methods by name (`get`, `post`); what one raises becomes the response, or ends the stream."""

    #: What each method's body has to look like, for the API's description.
    bodies: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}

    def __init__(self, *, pattern: str = "") -> None:
        super().__init__()
        self.pattern = pattern

    @classmethod
    def takes(cls, method: str, pattern: str) -> type[BaseSerializer[Any]] | None:
        """Of the route with this pattern."""
        return cls.bodies.get(method)

    @property
    def visitor(self) -> Principal:
        """The caller, for graphs that are looked at on their behalf."""
        return replace(self.principal, headers=configurable(self.headers))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.base_send = send
        self.started = False
        observing.tell(scope, self.pattern)
        body = await read_body(receive, send, settings.MAX_BODY_BYTES)
        if body is None:
            return
        work = self.under_way = asyncio.create_task(self.work(body), name=f"answer {scope['path']}")
        gone = asyncio.create_task(disconnect(receive))
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if not work.done():
            await end(work)
            await self.on_client_left()
        elif work.cancelled():
            await self.refuse(Unauthenticated())
            await self.on_client_left()

    async def work(self, body: bytes) -> None:
        try:
            self.resources = await resources()
            await self.recognise(body)
            with held(self.principal, self.key_ended, self.resources.rows):
                await self.answers.get(self.method, self.unanswered)(body)
        except Exception as error:  # noqa: BLE001 - the one door: a bug becomes a 500 there
            await self.refuse(error)

    async def key_ended(self) -> None:
        await end(self.under_way)

    async def unanswered(self, body: bytes) -> None:
        """There is no such method here."""
        allowed = ", ".join(self.answers).encode()
        await self.respond(405, {"detail": "Method Not Allowed"}, [(b"allow", allowed)])

    @property
    def method(self) -> str:
        return "GET" if self.scope["method"] == "HEAD" else str(self.scope["method"])

    @property
    def answers(self) -> dict[str, Callable[[bytes], Awaitable[None]]]:
        return {method.upper(): getattr(self, method) for method in METHODS if hasattr(self, method)}

    async def on_client_left(self) -> None:
        """The client closed the connection before the answer was complete."""

    async def refuse(self, error: Exception) -> None:
        told = errors.answer(error)
        if told is None:
            logger.exception("unexpected error", exc_info=error, extra={"path": self.scope["path"]})
        if self.started:
            await self.send_body(b"")
            return
        status, detail = told or (500, "Internal Server Error")
        await self.respond(status, {"detail": detail}, encoded(errors.headers_of(error, status)))

    async def respond(self, status: int, document: Any, headers: Headers | None = None) -> None:
        await self.send_response(status, encoding.dumps(document), headers=[JSON, *(headers or [])])

    async def send_headers(self, *, status: int = 200, headers: Iterable[tuple[bytes, bytes]] | None = None) -> None:
        await super().send_headers(status=status, headers=[*(headers or []), *GUARDS])

    async def begin(self, headers: Headers) -> None:
        """Status 200 and headers go out now; whatever comes later is in the body."""
        self.started = True
        await self.send_headers(status=200, headers=headers)
        await self.send_body(b"", more_body=True)

    def parameter(self, name: str) -> str:
        return self.parameters[name]

    @property
    def query(self) -> dict[str, str]:
        return dict(self.parsed)

    @property
    def parsed(self) -> list[tuple[str, str]]:
        return parse_qsl(self.scope["query_string"].decode("latin-1"), keep_blank_values=True)

    def every(self, name: str) -> list[str]:
        """Of a name that may come more than once in the query."""
        return [value for key, value in self.parsed if key == name]

    def flag(self, name: str) -> bool:
        """Of the query."""
        return self.query.get(name, "").lower() in YES


def object_of(body: bytes) -> dict[str, Any]:
    if not body:
        raise NotJson
    return parse_object(body)


async def disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
