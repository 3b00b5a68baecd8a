"""Around all that is served: counts it, and logs it where the application wants that."""

import logging
import time
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from functools import cache
from re import compile as pattern_of
from typing import Any

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from langgraph_server.api import measures
from langgraph_server.api.counting import EVENT_STREAMS, LATENCY, REQUESTS, WEBSOCKETS
from langgraph_server.config.http import http_config

logger = logging.getLogger(__name__)

METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
OTHER = "OTHER"
PARAMETER = pattern_of(r"<(?:\w+:)?(\w+)>")
#: Where in a request's scope what becomes of it is written down.
SEEN = "langgraph_server.seen"


@dataclass(slots=True)
class Seen:
    #: The template of the route: it has few values where paths have many. From whoever answers.
    route: str = ""
    status: str = "none"
    streams: bool = False


class Observed:
    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began = time.perf_counter()
        seen = scope[SEEN] = Seen()

        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start":
                seen.status = str(message["status"])
                if is_stream(message):
                    seen.streams = True
                    EVENT_STREAMS.inc()
                    measures.stream("sse", 1)
            await send(message)

        try:
            await self.application(scope, receive, answered)
        finally:
            note(scope, seen, time.perf_counter() - began)


def note(scope: Any, seen: Seen, seconds: float) -> None:
    if seen.streams:
        EVENT_STREAMS.dec()
        measures.stream("sse", -1)
    method = scope["method"] if scope["method"] in METHODS else OTHER
    where = seen.route or own_route(scope)
    requests, latency = counters(method, where, seen.status)
    requests.inc()
    latency.observe(seconds * 1000)
    measures.request(method.replace(OTHER, "_OTHER"), scope["scheme"], where, seen.status, seconds)
    if http_config().logging_headers.includes:
        log(scope, seen, seconds)


@cache
def counters(method: str, where: str, status: str) -> tuple[Counter, Histogram]:
    """Found once: the library looks for them under a lock."""
    return REQUESTS.labels(method, where, status), LATENCY.labels(method, where)


def log(scope: Any, seen: Seen, seconds: float) -> None:
    """Requests are in the log only where the application says which of their headers it wants there."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    facts = {"method": scope["method"], "path": scope["path"], "status": seen.status, "seconds": round(seconds, 4)}
    logger.info("request", extra={**facts, "headers": http_config().logging_headers.chosen(headers)})


class ObservedSocket:
    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with WEBSOCKETS.track_inprogress():
            measures.stream("websocket", 1)
            try:
                await self.application(scope, receive, send)
            finally:
                measures.stream("websocket", -1)


def is_stream(message: MutableMapping[str, Any]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"])


@cache
def template(route: str) -> str:
    return "/" + PARAMETER.sub(r"{\1}", route)


def own_route(scope: Any) -> str:
    """Of the application's web app, if it left word of it as FastAPI does."""
    return str(getattr(scope.get("route"), "path", "unknown"))


def tell(scope: Any, route: str) -> None:
    if SEEN in scope:
        scope[SEEN].route = template(route)


class TellRoute:
    """Django's half, as a middleware."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        if request.resolver_match and "asgi.scope" in request.META:
            tell(request.META["asgi.scope"], request.resolver_match.route)
