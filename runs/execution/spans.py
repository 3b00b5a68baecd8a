"""Spans of a run and its nodes, where traces are wished for (`langgraph_server.tracing`)."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langgraph.errors import GraphBubbleUp

from langgraph_server import tracing

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


@contextmanager
def of_run(name: str, facts: Mapping[str, Any], config: Any) -> Iterator[None]:
    """Around the graph's execution; its configuration tells whose it is, and is told to listen to nodes."""
    ours = tracing.tracer()
    if ours is None:
        yield
        return
    from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - an extra, and only where it is wished for

    parent = tracing.context_of(config["configurable"])
    options: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
    with ours.start_as_current_span(name, parent, kind=SpanKind.CONSUMER, attributes=dict(facts), **options) as span:
        config["callbacks"] = [Nodes(ours, span)]
        try:
            yield
        except BaseException as error:
            # Its text may quote what the graph was given.
            span.set_status(StatusCode.ERROR, type(error).__name__)
            raise


class Nodes(BaseCallbackHandler):
    """A span for each node: those of subgraphs below the node that called them."""

    #: In the order of events, on the loop.
    run_inline = True

    def __init__(self, tracer: "Tracer", run: "Span") -> None:
        self.tracer = tracer
        self.run = run
        #: The span that a step of the engine belongs to; those of nodes end with their step.
        self.spans: dict[UUID, tuple[Span, bool]] = {}

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **told: Any,
    ) -> None:
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415 - an extra, and only where it is wished for

        above, _ = self.spans.get(parent_run_id, (self.run, False)) if parent_run_id else (self.run, False)
        node = (metadata or {}).get("langgraph_node")
        if node is None or told.get("name") != node:
            self.spans[run_id] = (above, False)
            return
        facts = {"langgraph.node": node, "langgraph.step": (metadata or {}).get("langgraph_step", 0)}
        span = self.tracer.start_span(f"node {node}", set_span_in_context(above), attributes=facts)
        self.spans[run_id] = (span, True)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **told: Any) -> None:
        span, own = self.spans.pop(run_id, (self.run, False))
        if own:
            span.end()

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **told: Any) -> None:
        from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra, and only where it is wished for

        span, own = self.spans.pop(run_id, (self.run, False))
        if own:
            # A node that asks a person has not failed.
            if not isinstance(error, GraphBubbleUp):
                span.set_status(StatusCode.ERROR, type(error).__name__)
            span.end()
