"""How long runs wait and take as OpenTelemetry counts it, each worker process for itself."""

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langgraph_server import measuring
from runs.paces import BOUNDS

if TYPE_CHECKING:
    from opentelemetry.metrics import Histogram

GRAPH = "langgraph.graph"
OUTCOME = "langgraph.outcome"


@dataclass(frozen=True)
class Instruments:
    waits: "Histogram"
    durations: "Histogram"


@functools.cache
def instruments() -> Instruments | None:
    """Call it first at start: what is wrong stops it."""
    meter = measuring.meter()
    if meter is None:
        return None
    bounds: Any = {"explicit_bucket_boundaries_advisory": BOUNDS}
    return Instruments(
        meter.create_histogram("langgraph.run.wait", "s", "From a run's being due to a claim.", **bounds),
        meter.create_histogram("langgraph.run.duration", "s", "From a run's last claim to its end.", **bounds),
    )


def claimed(graph: str, seconds: float) -> None:
    if ours := instruments():
        ours.waits.record(seconds, {GRAPH: graph})


def ended(graph: str, outcome: str, seconds: float) -> None:
    if ours := instruments():
        ours.durations.record(seconds, {GRAPH: graph, OUTCOME: outcome})
