"""A run is asked for: assistant and thread are found, the thread's strategy acts, the row is there. Or a refusal.

Requests that arrive together are admitted together; each gets its own answer.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from assistants.models import Assistant
from langgraph_server.errors import DomainError, Unavailable
from runs import dispatch, limits, priority, unlocked, visibility
from runs.building import build, metadata_of, thread_for
from runs.choices import IfNotExists, MultitaskStrategy
from runs.errors import ThreadOrAssistantNotFound
from runs.insertion import insert
from runs.models import Run
from runs.requests import RunRequest
from runs.strategies import STRATEGIES, SUPERSEDING, lock_met
from runs.wanted import find_assistants
from threads import occupancy, retention
from threads.lifecycle import ttl_fields
from threads.models import Thread
from webhooks import destinations

logger = logging.getLogger(__name__)


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
    """As most are, without a lock; the others under locks. What these meet is not told to those, who are admitted."""
    admitted = unlocked.admit(requests)
    others = [request for request in requests if request.run_id not in admitted]
    if not others:
        return {**admitted}
    try:
        return {**admitted, **admit_under_locks(others)}
    except (OperationalError, InterfaceError):
        if not admitted:
            raise
        logger.warning("runs not admitted, though others were", exc_info=True, extra={"runs": len(others)})
        return {**admitted, **{request.run_id: Unavailable() for request in others}}


def admit_under_locks(requests: Sequence[RunRequest]) -> dict[UUID, Run | DomainError]:
    """1. Find runs and assistants. 2. Make and lock the threads. 3. Let each strategy act. 4. Insert. 5. Announce."""
    answers: dict[UUID, Run | DomainError] = {}
    admitted: list[Run] = []
    with transaction.atomic():
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
        lock_superseded(requests, threads)
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


def lock_superseded(requests: Sequence[RunRequest], threads: Mapping[UUID, Thread]) -> None:
    superseding = [request for request in requests if request.multitask_strategy in SUPERSEDING]
    thread_ids = [request.thread_id for request in superseding if request.thread_id and request.thread_id in threads]
    if len(thread_ids) > 1:
        lock_met(thread_ids)


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
    if request.thread_id is None:
        return build(request, assistant, thread_for(request))
    if request.thread_id not in threads:
        raise ThreadOrAssistantNotFound
    run = build(request, assistant, threads[request.thread_id])
    STRATEGIES[MultitaskStrategy(request.multitask_strategy)](run)
    return run


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
