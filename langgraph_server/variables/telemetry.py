"""Traces and metrics."""

from langgraph_server.variables.variable import boolean, choice, text

ENDPOINT = text(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    effect="where OpenTelemetry traces and metrics are sent, over OTLP/HTTP. Needs "
    "`pip install 'django-langgraph-server[otel]'`; see [operate](../how-to/operate.md#traces)",
)
TRACES_ENDPOINT = text(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    effect="the same for traces alone, as a whole address, without `/v1/traces` being added",
)
METRICS_ENDPOINT = text(
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    effect="the same for metrics alone, without `/v1/metrics` being added",
)
TRACES_EXPORTER = choice(
    "OTEL_TRACES_EXPORTER",
    ("otlp", "console", "none"),
    default="otlp",
    said="`otlp`, if a place is named",
    effect="`otlp`, `console` (one JSON object a line, on standard output) or `none`",
)
METRICS_EXPORTER = choice(
    "OTEL_METRICS_EXPORTER",
    ("otlp", "console", "none"),
    default="otlp",
    said="`otlp`, if a place is named",
    effect="the same for metrics",
)
SERVICE_NAME = text(
    "OTEL_SERVICE_NAME",
    default="langgraph-server",
    effect="the service of all spans and metrics. `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER`, "
    "`OTEL_METRIC_EXPORT_INTERVAL`, `OTEL_EXPORTER_OTLP_HEADERS` and the like are read by OpenTelemetry itself",
)
DISABLED = boolean("OTEL_SDK_DISABLED", default=False, effect="true: no traces and no metrics, whatever else is set")
