"""What is counted of requests and streams, by this process or by all that share its port."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, multiprocess

from langgraph_server.variables import http

#: Names the folder in which the processes of one port count together; the library reads it as it is imported.
SHARED = http.PROMETHEUS_FOLDER.name

REQUESTS = Counter("lg_api_http_requests", "HTTP requests answered.", ("method", "path", "status"))
LATENCY = Histogram(
    "lg_api_http_requests_latency",
    "Milliseconds until an answer was complete; of streams, until they ended.",
    ("method", "path"),
    buckets=(5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000),
)
STREAMS = Gauge("lg_api_streams_open", "Event streams and websockets open.", ("kind",), multiprocess_mode="livesum")
#: From the start on: what never happened is told as 0.
EVENT_STREAMS, WEBSOCKETS = STREAMS.labels("sse"), STREAMS.labels("websocket")


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
