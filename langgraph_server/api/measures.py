"""Requests and streams as OpenTelemetry counts them, each web process for itself."""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph_server import measuring

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram, UpDownCounter

#: Seconds, as the semantic conventions advise.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
KIND = "langgraph.stream.kind"


@dataclass(frozen=True)
class Instruments:
    durations: "Histogram"
    streams: "UpDownCounter"


@functools.cache
def instruments() -> Instruments | None:
    meter = measuring.meter()
    if meter is None:
        return None
    told = "Until an answer was complete; of streams, until they ended."
    bounds: Any = {"explicit_bucket_boundaries_advisory": BOUNDS}
    durations = meter.create_histogram("http.server.request.duration", "s", told, **bounds)
    return Instruments(
        durations, meter.create_up_down_counter("langgraph.streams", "{stream}", "Event streams and websockets open.")
    )


def request(method: str, scheme: str, route: str, status: str, seconds: float) -> None:
    if ours := instruments():
        told: dict[str, Any] = {"http.request.method": method, "url.scheme": scheme, "http.route": route}
        if status.isdecimal():
            told["http.response.status_code"] = int(status)
        if not status.isdecimal() or status >= "500":
            told["error.type"] = status
        ours.durations.record(seconds, told)


def stream(kind: str, change: int) -> None:
    if ours := instruments():
        ours.streams.add(change, {KIND: kind})
