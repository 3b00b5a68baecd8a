"""OpenTelemetry's signals: whether and where the usual variables want them, and the last of them before a process ends.

Nothing of OpenTelemetry is imported unless one of the signals is wished for.
"""

import threading
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from langgraph_server import env
from langgraph_server.errors import ConfigurationError
from langgraph_server.variables import telemetry

if TYPE_CHECKING:
    from opentelemetry.sdk.resources import Resource

#: Where a signal goes, and how, if it is wished for at all.
SIGNALS = {
    "TRACES": (telemetry.TRACES_ENDPOINT, telemetry.TRACES_EXPORTER),
    "METRICS": (telemetry.METRICS_ENDPOINT, telemetry.METRICS_EXPORTER),
}
SERVICE = "langgraph-server"
#: Seconds that a process which ends waits for a collector.
LAST_WORDS = 2.0
#: What sends the rest of what is kept to be sent together.
FLUSHES: list[Callable[[], object]] = []


def exporter(signal: Literal["TRACES", "METRICS"]) -> str:
    """Which one the environment wishes for: none, unless it names a place or an exporter."""
    place, wished = SIGNALS[signal]
    if telemetry.DISABLED.read() or not any(env.given(each.name) for each in (telemetry.ENDPOINT, place, wished)):
        return "none"
    return wished.read()


def resource(instance: str | None = None) -> "Resource":
    """Who sends: `instance` where that must not differ by process."""
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra, and only where it is wished for
    except ImportError as error:
        told = "OTEL_… asks for traces or metrics: pip install 'django-langgraph-server[otel]'"
        raise ConfigurationError(told) from error
    named = {"service.name": telemetry.SERVICE_NAME.read()}
    if instance:
        return Resource.create({**named, "service.instance.id": instance})
    # Figures of two processes that nothing tells apart would be taken for one's.
    return Resource({"service.instance.id": str(uuid.uuid4())}).merge(Resource.create(named))


def flush() -> None:
    """At a process's end, in vain if it takes too long: signals end processes before anything is done at exit."""
    threads = [threading.Thread(target=each, daemon=True) for each in FLUSHES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LAST_WORDS)
