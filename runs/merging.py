"""How assistant, thread and run make one configuration: later wins; what the wire calls `kwargs`. Pure."""

from typing import Any
from uuid import UUID

from langgraph_server.configurations import Json, mirror
from langgraph_server.encryption.envelopes import ASIDE
from runs.requests import RunRequest

TRACER_KEYS = {"project_name": "project", "example_id": "example_id"}
OF_THE_RUN = frozenset(
    {
        "run_id",
        "thread_id",
        "graph_id",
        "assistant_id",
        "user_id",
        "checkpoint_id",
        "checkpoint_ns",
        "checkpoint_map",
    }
)


def is_internal(key: str) -> bool:
    """Set by the server for this run, so not part of the configuration that a thread remembers."""
    return key in OF_THE_RUN or key.startswith(("__", "langgraph_"))


def merge_config(*configs: Json) -> dict[str, Any]:
    """`configurable` merges key by key, all else replaces."""
    merged: dict[str, Any] = {}
    configurable: dict[str, Any] = {}
    for config in configs:
        merged.update(config)
        configurable.update(config.get("configurable") or {})
    merged["configurable"] = configurable
    return merged


def merge_metadata(*parts: Json) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for part in parts:
        merged.update(part)
    return merged


def build_kwargs(
    request: RunRequest,
    *,
    thread_id: UUID,
    assistant_id: UUID,
    graph_id: str,
    assistant_config: Json,
    assistant_context: Json,
    thread_config: Json,
    metadata: Json,
) -> dict[str, Any]:
    own_config, own_context = mirror(dict(request.config), request.context)
    config = merge_config(assistant_config, thread_config, own_config)
    config["configurable"].update(request.headers)
    config["configurable"].update(request.checkpoint)
    config["configurable"].update(
        {
            **request.caller.configurable,
            "langgraph_request_id": request.request_id,
            "__request_start_time_ms__": request.received_ms,
            "__after_seconds__": whole(request.after_seconds),
            "run_id": str(request.run_id),
            "thread_id": str(thread_id),
            "graph_id": graph_id,
            "assistant_id": str(assistant_id),
            "user_id": request.caller.identity,
            **traced(request.langsmith_tracer),
            **({"__event_streaming_v2": True} if request.event_streaming else {}),
        }
    )
    config["metadata"] = dict(metadata)
    return {
        "input": request.input,
        "command": request.command,
        "config": config,
        "context": {**assistant_context, **own_context},
        "stream_mode": list(request.stream_mode),
        "interrupt_before": request.interrupt_before,
        "interrupt_after": request.interrupt_after,
        "webhook": request.webhook,
        "feedback_keys": request.feedback_keys,
        "temporary": request.temporary,
        "subgraphs": request.stream_subgraphs,
        "resumable": request.stream_resumable,
        "checkpoint_during": request.durability != "exit",
        "durability": request.durability,
        **({"streamed": True} if request.streamed else {}),
        **({ASIDE: request.encryption} if request.encryption else {}),
    }


def whole(seconds: float) -> float:
    """As the client wrote it: 5, not 5.0."""
    return int(seconds) if seconds.is_integer() else seconds


def traced(tracer: Json) -> dict[str, Any]:
    return {f"__langsmith_{to}__": tracer[key] for key, to in TRACER_KEYS.items() if tracer.get(key)}


def remembered(kwargs: Json) -> dict[str, Any]:
    """What a thread keeps of a run's configuration."""
    config = kwargs["config"]
    configurable = {key: value for key, value in config["configurable"].items() if not is_internal(key)}
    return {
        **{key: value for key, value in config.items() if key != "metadata"},
        "configurable": configurable,
    }
