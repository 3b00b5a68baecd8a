"""Responses as compact UTF-8 JSON."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer

from langgraph_server import encoding


class AlwaysJson(DefaultContentNegotiation):
    """Whatever a client says it accepts: there is nothing else to give."""

    def select_renderer(
        self, request: Any, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


class OrjsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        response = renderer_context["response"] if renderer_context else None
        return b"" if response is not None and response.status_code == 204 else encoding.dumps(data)
