"""What this process was asked and how long it took, counted for whoever watches it (`/metrics`)."""

import logging
import os
import time
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from re import compile as pattern_of
from tempfile import TemporaryDirectory
from typing import Any

from django.http import HttpRequest, HttpResponse
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, multiprocess

from langgraph_server.config.http import http_config

logger = logging.getLogger(__name__)

#: Names the folder in which the processes of one port count together; the library reads it as it is imported.
SHARED = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
PARAMETER = pattern_of(r"<(?:\w+:)?(\w+)>")
#: Where the view that answers leaves its route, for templates have few values and paths have many.
ROUTE = "langgraph_server.route"

REQUESTS = Counter("lg_api_http_requests", "HTTP requests answered.", ("method", "path", "status"))
LATENCY = Histogram(
    "lg_api_http_requests_latency",
    "Seconds until an answer was complete; of streams, until they ended.",
    ("method", "path"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)
STREAMS = Gauge("lg_api_streams_open", "Event streams and websockets open.", ("kind",), multiprocess_mode="livesum")


class Observed:
    """Around all that is served."""

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began, route, statuses = time.perf_counter(), {ROUTE: ""}, ["none"]
        scope[ROUTE] = route
        streaming = STREAMS.labels("sse")

        async def answered(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(str(message["status"]))
                if is_stream(message):
                    statuses.append("stream")
                    streaming.inc()
            await send(message)

        try:
            await self.application(scope, receive, answered)
        finally:
            if len(statuses) > 2:
                streaming.dec()
            method = scope["method"] if scope["method"] in METHODS else "OTHER"
            where = template(route[ROUTE])
            REQUESTS.labels(method, where, statuses[min(1, len(statuses) - 1)]).inc()
            LATENCY.labels(method, where).observe(time.perf_counter() - began)
            log(scope, statuses[min(1, len(statuses) - 1)], began)


def log(scope: Any, status: str, began: float) -> None:
    """Requests are in the log only where the application says which of their headers it wants there."""
    chosen = http_config().logging_headers
    if not chosen.includes:
        return
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    facts = {"method": scope["method"], "path": scope["path"], "status": status}
    seconds = round(time.perf_counter() - began, 4)
    logger.info("request", extra={**facts, "seconds": seconds, "headers": chosen.chosen(headers)})


class ObservedSocket:
    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with STREAMS.labels("websocket").track_inprogress():
            await self.application(scope, receive, send)


def is_stream(message: MutableMapping[str, Any]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/event-stream") for name, value in message["headers"])


@cache
def template(route: str) -> str:
    return "/" + PARAMETER.sub(r"{\1}", route) if route else "unknown"


def tell(scope: Any, route: str) -> None:
    if ROUTE in scope:
        scope[ROUTE][ROUTE] = route or "."


class TellRoute:
    """Django's half, as a middleware."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        if request.resolver_match and "asgi.scope" in request.META:
            tell(request.META["asgi.scope"], request.resolver_match.route)


def counted() -> CollectorRegistry:
    """All that was counted: by this process, or by all that share its port."""
    folder = os.environ.get(SHARED)
    if not folder:
        return REGISTRY
    forget_the_dead(Path(folder))
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call] # the library has no types there
    return together


def forget_the_dead(folder: Path) -> None:
    """What a process had open ended with it."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call] # the library has no types there


@contextmanager
def counting_together() -> Iterator[None]:
    """For a supervisor: its web processes, which inherit the environment, have one sum."""
    with TemporaryDirectory(prefix="langgraph-server-metrics-") as folder:
        os.environ[SHARED] = folder
        yield
