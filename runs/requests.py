"""All that a client asked for when it wanted a run, normalised once; what admission needs and the worker obeys."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.auth.principal import ANONYMOUS, Principal
from langgraph_server.ids import uuid7
from runs.choices import Durability, IfNotExists, MultitaskStrategy

Json = Mapping[str, Any]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, kw_only=True)
class RunRequest:
    #: An assistant's UUID or a graph id, as the client wrote it.
    assistant: str
    #: None for a stateless run, which gets a thread of its own.
    thread_id: UUID | None
    run_id: UUID = field(default_factory=uuid7)
    input: Any = None
    command: Json | None = None
    config: Json = field(default_factory=dict)
    context: Json = field(default_factory=dict)
    #: Headers of the request that the application wants to see in the configuration.
    headers: Json = field(default_factory=dict)
    metadata: Json = field(default_factory=dict)
    #: Where in the thread's history to start: checkpoint_id, checkpoint_ns, checkpoint_map.
    checkpoint: Json = field(default_factory=dict)
    stream_mode: tuple[str, ...] = ("values",)
    stream_subgraphs: bool = False
    stream_resumable: bool = False
    interrupt_before: Any = None
    interrupt_after: Any = None
    webhook: str | None = None
    #: A receiver that is told of the run's end in another protocol (runs.reports); clients do not see it again.
    push: Json | None = None
    feedback_keys: tuple[str, ...] | None = None
    multitask_strategy: str = MultitaskStrategy.ENQUEUE
    if_not_exists: str = IfNotExists.REJECT
    durability: str = Durability.ASYNC
    after_seconds: float = 0.0
    #: Of its thread, if that has none yet; None: nobody decided.
    priority: int | None = None
    #: The cron that fired it.
    cron_id: UUID | None = None
    #: A stateless run whose thread disappears with it runs without a checkpointer.
    temporary: bool = False
    #: {"project_name", "example_id"}: travels to the tracer in the configuration.
    langsmith_tracer: Json = field(default_factory=dict)
    #: Started by the event protocol: the worker writes that protocol's events.
    event_streaming: bool = False
    #: Whoever asks for it follows it from its first event.
    streamed: bool = False
    idempotency_key: str | None = None
    request_id: str = ""
    received_ms: int = field(default_factory=now_ms)
    #: What its worker needs to open what is encrypted of it (langgraph_server.encryption). None: nothing is.
    encryption: Json | None = None
    #: Whom the run acts for.
    caller: Principal = ANONYMOUS
    #: The threads and assistants it may have.
    visible: Filter = EVERYTHING

    @property
    def is_resume(self) -> bool:
        return bool(self.command) and "resume" in (self.command or {})
