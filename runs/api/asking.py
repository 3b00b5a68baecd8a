"""What is asked of runs, as the application's handlers see and change it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from langgraph_server.api.access import Access
from langgraph_server.api.streaming import WaitingView, object_of
from langgraph_server.api.views import validated
from langgraph_server.auth.filters import Filter
from langgraph_server.auth.principal import ANONYMOUS, Principal
from runs.api.serializers import STATELESS_RUN, THREAD_RUN, RunBody, StatelessRunBody, ThreadRunBody, thread_uuid
from runs.choices import MultitaskStrategy
from runs.requests import RunRequest
from runs.wanted import assistant_key

#: Handlers may change these among `kwargs`.
CHANGEABLE = ("input", "command", "config", "context", "webhook", "interrupt_before", "interrupt_after")


def value_of(request: RunRequest) -> dict[str, Any]:
    return {
        "thread_id": request.thread_id,
        "assistant_id": assistant_key(request.assistant),
        "run_id": request.run_id,
        "status": "pending",
        "metadata": dict(request.metadata),
        "prevent_insert_if_inflight": request.multitask_strategy == MultitaskStrategy.REJECT,
        "multitask_strategy": request.multitask_strategy,
        "if_not_exists": request.if_not_exists,
        "after_seconds": request.after_seconds,
        "kwargs": {
            **{name: getattr(request, name) for name in CHANGEABLE},
            "stream_mode": list(request.stream_mode),
            "subgraphs": request.stream_subgraphs,
            "resumable": request.stream_resumable,
            "temporary": request.temporary,
            "feedback_keys": request.feedback_keys,
            "durability": request.durability,
        },
    }


def cancellation(
    action: str, *, thread_id: UUID | None = None, run_ids: Sequence[UUID] | None = None, status: str | None = None
) -> dict[str, Any]:
    return {"thread_id": thread_id, "action": str(action), "metadata": {"run_ids": run_ids, "status": status}}


def read(view: WaitingView, body: bytes) -> tuple[dict[str, Any], RunRequest]:
    """A run of a thread, or a stateless one where the route names no thread."""
    if "thread_id" not in view.parameters:
        wanted = validated(STATELESS_RUN, object_of(body))
        return wanted, STATELESS_RUN.request(wanted, view.headers)
    wanted = validated(THREAD_RUN, object_of(body))
    return wanted, THREAD_RUN.request(wanted, thread_uuid(view.parameter("thread_id")), view.headers)


def body_of(pattern: str) -> type[RunBody]:
    return ThreadRunBody if "thread_id" in pattern else StatelessRunBody


async def permitted(request: RunRequest, access: Access) -> RunRequest:
    """On the loop: what the caller may have of it. Or a refusal."""
    if access.principal is ANONYMOUS:
        return request
    value = value_of(request)
    return granted(request, value, await access.authorize("threads", "create_run", value), access.principal)


def granted(request: RunRequest, value: dict[str, Any], visible: Filter, caller: Principal) -> RunRequest:
    """With what the handler made of it."""
    kwargs = value.get("kwargs") or {}
    changes = {name: kwargs[name] for name in CHANGEABLE if name in kwargs}
    return replace(
        request,
        **changes,
        metadata=value.get("metadata") or {},
        idempotency_key=request.idempotency_key and caller.own(request.idempotency_key),
        caller=caller,
        visible=visible,
    )
