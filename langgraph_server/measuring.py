"""OpenTelemetry metrics, where the environment names a place for them: meters of this process or of the installation.

What a process counts is its own, and a collector adds it up. What is read from rows is the same whoever reads it: it
is sent in the name of the installation, so that nothing adds it up.
"""

import functools
from typing import TYPE_CHECKING

from langgraph_server import telemetry

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter
    from opentelemetry.sdk.metrics.export import MetricReader

INSTALLATION = "installation"


@functools.cache
def meter(instance: str | None = None) -> "Meter | None":
    """Of this process unless told otherwise. Call it first at start: what is wrong stops it."""
    wished = telemetry.exporter("METRICS")
    if wished == "none":
        return None
    resource = telemetry.resource(instance)
    from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - an extra, and only where it is wished for

    provider = MeterProvider([reader(wished)], resource)
    telemetry.FLUSHES.append(provider.force_flush)
    return provider.get_meter(telemetry.SERVICE)


def reader(wished: str) -> "MetricReader":
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415 - as above
        ConsoleMetricExporter,
        PeriodicExportingMetricReader,
    )

    if wished == "console":
        return PeriodicExportingMetricReader(ConsoleMetricExporter(formatter=lambda told: f"{told.to_json(None)}\n"))
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 - as above

    return PeriodicExportingMetricReader(OTLPMetricExporter())
