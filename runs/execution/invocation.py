"""A leased run and its graph become what LangGraph is called with."""

import importlib.metadata
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from langchain_core.runnables import RunnableConfig

from langgraph_server.auth.principal import User
from langgraph_server.commands import as_command
from langgraph_server.graphs.contexts import declared
from runs.choices import StreamMode, is_event_streaming
from runs.lease import Lease

LANGGRAPH_VERSION = importlib.metadata.version("langgraph")
SERVER_VERSION = importlib.metadata.version("django-langgraph-server")

#: The wire's modes as LangGraph names them.
GRAPH_MODES = {StreamMode.MESSAGES_TUPLE: "messages"}
#: Not a mode of the engine but another way of asking it.
NO_MODES = {StreamMode.EVENTS}


@dataclass(frozen=True, kw_only=True)
class Invocation:
    input: Any
    config: RunnableConfig
    context: dict[str, Any]
    #: LangGraph's modes; always with `values`, which tells how the thread is left.
    stream_mode: list[str]
    #: What the client asked for, in the wire's words.
    wanted: frozenset[str]
    #: The engine's own protocol events instead of these modes.
    event_streaming: bool
    subgraphs: bool
    interrupt_before: Any
    interrupt_after: Any
    durability: str | None

    @property
    def with_tasks(self) -> "Invocation":
        """Tells of each task too, whatever the client wanted."""
        return replace(self, stream_mode=sorted({*self.stream_mode, StreamMode.TASKS}))

    def for_schema(self, schema: object) -> "Invocation":
        """Its context as far as the graph declares it."""
        return replace(self, context=declared(self.context, schema)) if self.context else self

    @property
    def options(self) -> dict[str, Any]:
        return {
            "context": self.context or None,
            "stream_mode": self.stream_mode,
            "subgraphs": self.subgraphs,
            "interrupt_before": self.interrupt_before,
            "interrupt_after": self.interrupt_after,
            "durability": self.durability,
        }


def build(lease: Lease, *, resumed: bool) -> Invocation:
    """`resumed`: an earlier attempt has left checkpoints, so the graph goes on from there instead of from the input."""
    kwargs = lease.kwargs
    wanted = frozenset(kwargs["stream_mode"])
    event_streaming = is_event_streaming(kwargs)
    modes = set() if event_streaming else graph_modes(wanted)
    return Invocation(
        input=None if resumed else as_input(kwargs),
        config=config_of(lease, resumed=resumed),
        context=kwargs["context"],
        stream_mode=sorted(modes),
        wanted=wanted,
        event_streaming=event_streaming,
        subgraphs=kwargs["subgraphs"],
        interrupt_before=kwargs["interrupt_before"],
        interrupt_after=kwargs["interrupt_after"],
        durability=None if kwargs["temporary"] else kwargs["durability"],
    )


def graph_modes(wanted: frozenset[str]) -> set[str]:
    return {GRAPH_MODES.get(StreamMode(mode), mode) for mode in wanted - NO_MODES} | {"values"}


def config_of(lease: Lease, *, resumed: bool) -> RunnableConfig:
    config = dict(lease.kwargs["config"])
    configurable = dict(config["configurable"])
    if resumed:
        # A run that forked goes on from its own last checkpoint, which is now the thread's latest.
        for key in ("checkpoint_id", "checkpoint_ns", "checkpoint_map"):
            configurable.pop(key, None)
    if told := configurable.get("langgraph_auth_user"):
        configurable["langgraph_auth_user"] = User(told)
    config["configurable"] = configurable
    config["metadata"] = {**config.get("metadata", {}), **run_metadata(lease, configurable)}
    config["run_id"] = lease.run_id
    return config  # type: ignore[return-value] # the client's own keys travel along


def run_metadata(lease: Lease, configurable: dict[str, Any]) -> dict[str, Any]:
    return {
        "run_id": str(lease.run_id),
        "thread_id": str(lease.thread_id),
        "graph_id": lease.graph_id,
        "assistant_id": configurable["assistant_id"],
        "user_id": configurable["user_id"],
        "run_attempt": lease.attempt,
        "langgraph_version": LANGGRAPH_VERSION,
        "langgraph_api_version": SERVER_VERSION,
        "langgraph_plan": "self_hosted",
        "langgraph_host": "self-hosted",
        "langgraph_api_url": settings.PUBLIC_URL,
        "langgraph_request_id": configurable["langgraph_request_id"],
        "langgraph_auth_user_id": configurable["langgraph_auth_user_id"],
    }


def as_input(kwargs: dict[str, Any]) -> Any:
    command = kwargs["command"]
    return as_command(command) if command else kwargs["input"]
