"""What clients may say in config, context and metadata: reserved keys disappear, context mirrors config. Pure."""

from collections.abc import Mapping
from typing import Any

from langgraph_server.errors import BadRequest

Json = Mapping[str, Any]

#: Clients cannot set these (contract/README.md, "Reserved keys").
RESERVED_CONFIGURABLE = frozenset(
    {
        "langgraph_auth_user",
        "langgraph_auth_user_id",
        "langgraph_auth_permissions",
        "langgraph_request_id",
        "__langsmith_project__",
        "__langsmith_example_id__",
        "__request_start_time_ms__",
        "__after_seconds__",
        "__otel_traceparent__",
        "__otel_tracestate__",
        "__dd_trace_headers__",
        "__pregel_node_finished",
        "__context_provided__",
    }
)
RESERVED_METADATA = frozenset({"thread_id", "assistant_id", "run_id", "cron_id", "counters_since_delta_snapshot"})


class ContextAndConfigurable(BadRequest):
    message = (
        "Cannot specify both configurable and context. Prefer setting context alone. Context was introduced in "
        "LangGraph 0.6.0 and is the long term planned replacement for configurable."
    )


def strip(values: Json, reserved: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in reserved}


def strip_config(config: Json) -> dict[str, Any]:
    """Without the reserved keys of its metadata."""
    if "metadata" not in config:
        return dict(config)
    return {**config, "metadata": strip(config["metadata"] or {}, RESERVED_METADATA)}


def mirror(config: Json, context: Json) -> tuple[dict[str, Any], dict[str, Any]]:
    """`context` and `config.configurable` of one request stand for each other; both at once are refused."""
    configurable = strip(config.get("configurable") or {}, RESERVED_CONFIGURABLE)
    context = strip(context, RESERVED_CONFIGURABLE)
    if configurable and context:
        raise ContextAndConfigurable
    if not context and "configurable" not in config:
        return dict(config), {}
    return {**config, "configurable": configurable or dict(context)}, dict(context or configurable)
