"""A run is asked for: assistant and thread are found, the thread's strategy acts, the row is there. Or a refusal.

Requests that arrive together are admitted in one transaction; each gets its own answer.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from assistants.models import Assistant
from langgraph_server.config.loading import server_config
from langgraph_server.configurations import RESERVED_METADATA, strip
from langgraph_server.errors import DomainError
from langgraph_server.ids import uuid7
from runs import cancellation, dispatch, limits, priority, visibility
from runs.choices import CancelAction, IfNotExists, MultitaskStrategy
from runs.errors import ResumeNeedsThread, ThreadBusy, ThreadOrAssistantNotFound
from runs.insertion import insert
from runs.merging import build_kwargs, merge_metadata, remembered
from runs.models import Run
from runs.requests import RunRequest
from runs.wanted import find_assistants
from threads import occupancy, retention
from threads.choices import ThreadStatus
from threads.lifecycle import ttl_fields
from threads.models import Thread
from webhooks import destinations


def admit(requests: Sequence[RunRequest]) -> list[Run | DomainError]:
    """Admitted runs and refusals, in the order of the requests; a refusal never fails its neighbours."""
    refused = destinations.refusals(request.webhook for request in requests if request.webhook)
    return admit_judged(priority.decided(requests), refused)


def admit_judged(requests: Sequence[RunRequest], refused: Mapping[str, DomainError]) -> list[Run | DomainError]:
    """With webhooks and priorities judged before: nobody else is asked while a transaction is open."""
    answers: dict[UUID, Run | DomainError] = {
        request.run_id: refused[request.webhook]
        for request in requests
        if request.webhook and request.webhook in refused
    }
    for batch in rounds([request for request in requests if request.run_id not in answers]):
        answers.update(admit_together(batch))
    return [answers[request.run_id] for request in requests]


def rounds(requests: Sequence[RunRequest]) -> Iterator[list[RunRequest]]:
    """At most one request a thread or a key in each, in order: what it meets of the others is then always rows."""
    remaining = list(requests)
    while remaining:
        taken: list[RunRequest] = []
        later: list[RunRequest] = []
        seen: set[object] = set()
        for request in remaining:
            names = {request.thread_id, request.idempotency_key} - {None}
            (later if names & seen else taken).append(request)
            seen |= names
        yield taken
        remaining = later


def admit_together(requests: Sequence[RunRequest]) -> dict[UUID, Run | DomainError]:
    """1. Find runs and assistants. 2. Make and lock the threads. 3. Let each strategy act. 4. Insert. 5. Announce."""
    answers: dict[UUID, Run | DomainError] = {}
    admitted: list[Run] = []
    with guarded(requests):
        known = find_repeated(requests)
        too_many = limits.beyond(request for request in requests if request.idempotency_key not in known)
        assistants = find_assistants(requests)
        refused = {**visibility.without_assistant(requests, assistants), **too_many}
        made_for = make_threads(
            request
            for request in requests
            if isinstance(assistants[request.assistant], Assistant) and request.run_id not in refused
        )
        threads = occupancy.lock([request.thread_id for request in requests if request.thread_id])
        for thread_id in visibility.hidden_threads(requests, made_for):
            threads.pop(thread_id, None)
        for request in requests:
            if request.idempotency_key in known:
                answers[request.run_id] = known[request.idempotency_key]
                continue
            if request.run_id in refused:
                answers[request.run_id] = refused[request.run_id]
                continue
            try:
                run = admit_one(request, assistants, threads)
            except DomainError as refusal:
                answers[request.run_id] = refusal
            else:
                answers[request.run_id] = run
                admitted.append(run)
        made = [run.thread for run in admitted if run.thread_id not in threads]
        insert(admitted, made=made, delays={request.run_id: request.after_seconds for request in requests})
        dispatch.announce(run.queue for run in admitted)
    return answers


def guarded(requests: Sequence[RunRequest]) -> AbstractContextManager[None]:
    """Runs that share neither a thread nor a key with others need no transaction: their rows are one statement."""
    shared = settings.RUNS_PER_CALLER or any(request.thread_id or request.idempotency_key for request in requests)
    return transaction.atomic() if shared else nullcontext()


def admit_all(requests: Sequence[RunRequest]) -> list[Run]:
    """All or none."""
    refused = destinations.refusals(request.webhook for request in requests if request.webhook)
    wanted = priority.decided(requests)
    with transaction.atomic():
        answers = admit_judged(wanted, refused)
        for answer in answers:
            if isinstance(answer, DomainError):
                raise answer
    return [answer for answer in answers if isinstance(answer, Run)]


def find_repeated(requests: Sequence[RunRequest]) -> dict[str | None, Run]:
    """Runs that the clients' own keys name already. The locks keep a repetition that arrives meanwhile waiting."""
    keys = sorted({request.idempotency_key for request in requests if request.idempotency_key})
    if not keys:
        return {}
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    runs = Run.objects.filter(idempotency_key__in=keys).select_related("thread")
    return {run.idempotency_key: run for run in runs}


def admit_one(
    request: RunRequest,
    assistants: Mapping[str, Assistant | DomainError],
    threads: Mapping[UUID, Thread],
) -> Run:
    assistant = assistants[request.assistant]
    if isinstance(assistant, DomainError):
        raise assistant
    thread = find_thread(request, threads)
    if thread.priority is None:
        thread.priority = request.priority
    run = build(request, assistant, thread)
    if request.thread_id is not None:
        STRATEGIES[MultitaskStrategy(request.multitask_strategy)](run)
    thread.status = ThreadStatus.BUSY
    thread.metadata = merge_metadata(
        thread.metadata, {"graph_id": assistant.graph_id, "assistant_id": str(assistant.assistant_id)}
    )
    thread.config = remembered(run.kwargs)
    return run


def find_thread(request: RunRequest, threads: Mapping[UUID, Thread]) -> Thread:
    if request.thread_id is None:
        if request.is_resume:
            raise ResumeNeedsThread
        lifetime = {} if request.temporary else ttl_fields(retention.wished(None))
        return Thread(thread_id=uuid7(), temporary=request.temporary, metadata=metadata_of(request), **lifetime)
    if request.thread_id not in threads:
        raise ThreadOrAssistantNotFound
    return threads[request.thread_id]


def build(request: RunRequest, assistant: Assistant, thread: Thread) -> Run:
    metadata = merge_metadata(
        assistant.metadata,
        thread.metadata,
        strip(request.config.get("metadata") or {}, RESERVED_METADATA),
        strip(request.metadata, RESERVED_METADATA),
        {"graph_id": assistant.graph_id, "assistant_id": str(assistant.assistant_id)},
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


def queue_of(graph_id: str) -> str:
    graph = server_config().graphs.get(graph_id)
    return graph.queue if graph else "default"


def make_threads(requests: Iterable[RunRequest]) -> frozenset[UUID]:
    """For clients that asked for it; whoever is first makes the row. By id: that is the order of their locks.

    Returns those made for callers who do not see everything.
    """
    missing = {
        request.thread_id: request
        for request in requests
        if request.thread_id and request.if_not_exists == IfNotExists.CREATE
    }
    if not missing:
        return frozenset()
    lifetime = ttl_fields(retention.wished(None))
    threads = [
        Thread(thread_id=thread_id, metadata=metadata_of(request), **lifetime)
        for thread_id, request in sorted(missing.items())
    ]
    if everybodys := [thread for thread in threads if not missing[thread.thread_id].visible]:
        Thread.objects.bulk_create(everybodys, ignore_conflicts=True)
    limited = (thread for thread in threads if missing[thread.thread_id].visible)
    return frozenset(thread.thread_id for thread in limited if visibility.made_alone(thread))


def metadata_of(request: RunRequest) -> dict[str, Any]:
    """Of a thread that is made for the run."""
    return strip(request.metadata, RESERVED_METADATA)


def reject(run: Run) -> None:
    if Run.objects.active().of_thread(run.thread_id).exists():
        raise ThreadBusy


def enqueue(run: Run) -> None:
    """The claim takes a thread's oldest run first; there is nothing to do."""


def interrupt(run: Run) -> None:
    supersede(run, CancelAction.INTERRUPT)


def rollback(run: Run) -> None:
    supersede(run, CancelAction.ROLLBACK)


def supersede(run: Run, action: CancelAction) -> None:
    reason = cancellation.SUPERSEDED.format(run_id=run.run_id, strategy=action)
    others = Run.objects.active().of_thread(run.thread_id).values_list("run_id", flat=True)
    cancellation.cancel(list(others), action=action, reason=reason)


#: What a new run does to the active ones of its thread, whose lock is held.
STRATEGIES: Mapping[MultitaskStrategy, Callable[[Run], None]] = {
    MultitaskStrategy.REJECT: reject,
    MultitaskStrategy.ENQUEUE: enqueue,
    MultitaskStrategy.INTERRUPT: interrupt,
    MultitaskStrategy.ROLLBACK: rollback,
}
