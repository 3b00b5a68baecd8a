"""OpenTelemetry traces, where the environment names a place for them: a request, its run, the run's nodes.

Nothing of OpenTelemetry is imported otherwise. The context of a request travels in the row of its run, as the header
`traceparent` among the run's configuration, so that whichever worker takes the run goes on with the same trace. Spans
say what ran and how it ended, never what it was given or gave.
"""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langgraph_server import telemetry

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, Tracer

HEADER = "traceparent"


@functools.cache
def tracer() -> "Tracer | None":
    """Call it first at start: what is wrong stops it."""
    wished = telemetry.exporter("TRACES")
    if wished == "none":
        return None
    resource = telemetry.resource()
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra, and only where it is wished for

    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor(wished))
    telemetry.FLUSHES.append(provider.force_flush)
    return provider.get_tracer(telemetry.SERVICE)


def processor(wished: str) -> "SpanProcessor":
    from opentelemetry.sdk.trace.export import (  # noqa: PLC0415 - as above
        BatchSpanProcessor,
        ConsoleSpanExporter,
        SimpleSpanProcessor,
    )

    if wished == "console":
        return SimpleSpanProcessor(ConsoleSpanExporter(formatter=lambda span: f"{span.to_json(indent=None)}\n"))
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - as above

    return BatchSpanProcessor(OTLPSpanExporter())


def carried(headers: Mapping[str, str]) -> dict[str, str]:
    """What a run keeps of its request; names are in small letters."""
    return {HEADER: headers[HEADER]} if HEADER in headers and tracer() else {}


def correlation() -> dict[str, str]:
    """What a log line says of the trace it was written in; none is, until a process has begun to trace."""
    if not tracer.cache_info().currsize or tracer() is None:
        return {}
    from opentelemetry.trace import get_current_span  # noqa: PLC0415 - as above

    context = get_current_span().get_span_context()
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"} if context.is_valid else {}


class TracedRequests:
    """Around the web process's application. Each request carries its own span's context further in."""

    def __init__(self, application: Any, tracer: "Tracer") -> None:
        self.application = application
        self.tracer = tracer

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.application(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind  # noqa: PLC0415 - as above

        others = [(name, value) for name, value in scope["headers"] if name != HEADER.encode()]
        parent = context_of({name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]})
        told = {"http.request.method": scope["method"], "url.path": scope["path"]}
        silent: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
        kind = SpanKind.SERVER
        with self.tracer.start_as_current_span(scope["method"], parent, kind, told, **silent) as span:

            async def tell(message: Any) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            own = (HEADER.encode(), header_of(span).encode())
            await self.application({**scope, "headers": [*others, own]}, receive, tell)


def context_of(headers: Mapping[str, Any]) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - as above

    return TraceContextTextMapPropagator().extract({HEADER: headers.get(HEADER, "")})


def header_of(span: "Span") -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
