"""Which headers of a request graphs find in their configuration."""

from collections.abc import Mapping
from urllib.parse import unquote

from langgraph_server import tracing
from langgraph_server.config.http import http_config
from langgraph_server.configurations import RESERVED_CONFIGURABLE, strip

#: Items of `baggage`.
TRACING = frozenset({"langsmith-metadata", "langsmith-tags", "langsmith-project"})


def configurable(headers: Mapping[str, str]) -> dict[str, str]:
    """What the application asked for (`http.configurable_headers`), and what tracing needs."""
    known = {name.lower(): value for name, value in headers.items()}
    found = strip(http_config().configurable_headers.chosen(known), RESERVED_CONFIGURABLE)
    if trace := known.get("langsmith-trace"):
        found["langsmith-trace"] = trace
    found.update(tracing.carried(known))
    for item in known.get("baggage", "").split(","):
        name, _, value = item.strip().partition("=")
        if name in TRACING:
            found[name] = unquote(value)
    return found
