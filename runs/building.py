"""A run as its request, its assistant and its thread make it, and the thread as it occupies it. No row is touched."""

from typing import Any

from assistants.models import Assistant
from langgraph_server.config.loading import server_config
from langgraph_server.configurations import RESERVED_METADATA, strip
from langgraph_server.ids import uuid7
from runs import priority
from runs.errors import ResumeNeedsThread
from runs.merging import build_kwargs, merge_metadata, remembered
from runs.models import Run
from runs.requests import RunRequest
from threads import retention
from threads.choices import ThreadStatus
from threads.lifecycle import ttl_fields
from threads.models import Thread


def build(request: RunRequest, assistant: Assistant, thread: Thread) -> Run:
    """Both with what the thread is to be, in memory."""
    if thread.priority is None:
        thread.priority = request.priority
    run = unsaved(request, assistant, thread)
    thread.status = ThreadStatus.BUSY
    thread.metadata = merge_metadata(thread.metadata, marks(assistant))
    thread.config = remembered(run.kwargs)
    return run


def thread_for(request: RunRequest) -> Thread:
    """Of its own, for a stateless run."""
    if request.is_resume:
        raise ResumeNeedsThread
    lifetime = {} if request.temporary else ttl_fields(retention.wished(None))
    return Thread(thread_id=uuid7(), temporary=request.temporary, metadata=metadata_of(request), **lifetime)


def unsaved(request: RunRequest, assistant: Assistant, thread: Thread) -> Run:
    metadata = merge_metadata(
        assistant.metadata,
        thread.metadata,
        strip(request.config.get("metadata") or {}, RESERVED_METADATA),
        strip(request.metadata, RESERVED_METADATA),
        marks(assistant),
    )
    kwargs = build_kwargs(
        request,
        thread_id=thread.thread_id,
        assistant_id=assistant.assistant_id,
        graph_id=assistant.graph_id,
        assistant_config=assistant.config,
        assistant_context=assistant.context,
        thread_config=thread.config,
        metadata=metadata,
    )
    return Run(
        run_id=request.run_id,
        thread=thread,
        assistant=assistant,
        assistant_version=assistant.version,
        graph_id=assistant.graph_id,
        metadata=metadata,
        kwargs=kwargs,
        multitask_strategy=request.multitask_strategy,
        queue=queue_of(assistant.graph_id),
        priority=thread.priority or priority.NORMAL,
        idempotency_key=request.idempotency_key,
        push=request.push,
    )


def marks(assistant: Assistant) -> dict[str, Any]:
    """By which a thread and its runs are found."""
    return {"graph_id": assistant.graph_id, "assistant_id": str(assistant.assistant_id)}


def queue_of(graph_id: str) -> str:
    graph = server_config().graphs.get(graph_id)
    return graph.queue if graph else "default"


def metadata_of(request: RunRequest) -> dict[str, Any]:
    """Of a thread that is made for the run."""
    return strip(request.metadata, RESERVED_METADATA)
