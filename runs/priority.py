"""How soon a thread's runs are claimed: the application's own `langgraph_sdk.Priority` decides at the first of them.

It is asked before the admission's transaction, for it may be slow. Where it fails, the run has the normal priority and
the thread none, so that it is asked again with the next.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, cast
from uuid import UUID

from langgraph_sdk import Priority, PriorityContext, PrioritySettings
from langgraph_sdk.auth.types import BaseUser

from assistants.models import Assistant
from langgraph_server.auth import caller, loop
from langgraph_server.auth.principal import NOBODY, Principal, User
from langgraph_server.config.loading import application_object, server_config
from langgraph_server.encryption.documents import opened
from langgraph_server.encryption.parts import opened_caller
from langgraph_server.errors import ConfigurationError
from runs.requests import RunRequest
from runs.wanted import find_assistants
from threads.models import Thread

logger = logging.getLogger(__name__)

FIRST, NORMAL, LAST = -5, 0, 5
LONGEST_GROUP = 256
#: Seconds that the function has.
PATIENCE = 5.0

Assign = Callable[[PriorityContext], Awaitable[PrioritySettings | None]]


@cache
def assign() -> Assign | None:
    """Call it first at start and outside any loop: modules of the application may use `asyncio.run`."""
    reference = server_config().priority.get("path")
    if not reference:
        return None
    found = application_object(reference, server_config())
    if not isinstance(found, Priority):
        told = f"priority.path: {reference} is no langgraph_sdk.Priority, but {type(found).__name__}"
        raise ConfigurationError(told)
    if found._assign_handler is None:
        raise ConfigurationError(f"priority.path: {reference} has no function under @priority.assign")
    return found._assign_handler


def decided(requests: Sequence[RunRequest]) -> Sequence[RunRequest]:
    """Each with the priority that its thread gets if it has none. Call it on a thread, without a transaction."""
    if assign() is None:
        return requests
    contexts = questions(requests)
    answers = loop.wait(ask_together([(request.caller, contexts.get(request.run_id)) for request in requests]))
    return [replace(request, priority=answer) for request, answer in zip(requests, answers, strict=True)]


def questions(requests: Sequence[RunRequest]) -> Mapping[UUID, PriorityContext]:
    """By run: of requests for known assistants on threads of which nothing is decided."""
    assistants = find_assistants(requests)
    threads = Thread.objects.only("metadata", "priority").in_bulk([each.thread_id for each in requests])
    return {
        request.run_id: question(request, assistant, threads.get(request.thread_id))
        for request in requests
        if isinstance(assistant := assistants[request.assistant], Assistant)
        if request.thread_id not in threads or threads[request.thread_id].priority is None
    }


def question(request: RunRequest, assistant: Assistant, thread: Thread | None) -> PriorityContext:
    return PriorityContext(
        user=request.caller.graph_user or NOBODY,
        permissions=request.caller.permissions,
        thread_id=str(request.thread_id) if request.thread_id else None,
        thread_metadata=dict(thread.metadata if thread else request.metadata),
        assistant_id=str(assistant.assistant_id),
        graph_id=assistant.graph_id,
        assistant_metadata=dict(assistant.metadata),
        run_metadata=dict(request.metadata),
        cron_id=str(request.cron_id) if request.cron_id else None,
    )


async def ask_together(asked: Iterable[tuple[Principal, PriorityContext | None]]) -> list[int | None]:
    return await asyncio.gather(*(ask(principal, context) for principal, context in asked))


async def ask(principal: Principal, context: PriorityContext | None) -> int | None:
    function = assign()
    if function is None or context is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            caller.CALLER.set(await opened_caller(principal))
            return level(await function(await opened_question(context)))
    except Exception:
        logger.exception("the application's priority function failed", extra={"thread_id": context.thread_id})
        return None


async def opened_question(context: PriorityContext) -> PriorityContext:
    """What of the rows and of the request is encrypted, it is not for the application's own function."""
    return replace(
        context,
        user=cast(BaseUser, User(await opened("run", "user", context.user))),
        thread_metadata=await opened("thread", "metadata", context.thread_metadata),
        assistant_metadata=await opened("assistant", "metadata", context.assistant_metadata),
        run_metadata=await opened("run", "metadata", context.run_metadata),
    )


def level(settings: PrioritySettings | None) -> int:
    """Raises ValueError for what is neither settings nor in their bounds. A fairness group has no effect."""
    told: Mapping[str, Any] = settings or {}
    priority, group = told.get("priority"), told.get("fairness_group")
    if group is not None and (not isinstance(group, str) or len(group) > LONGEST_GROUP):
        raise ValueError(f"fairness_group: not a text of at most {LONGEST_GROUP} characters: {group!r:.80}")
    if priority is None:
        return NORMAL
    if not isinstance(priority, int) or isinstance(priority, bool) or not FIRST <= priority <= LAST:
        raise ValueError(f"priority: not an integer from {FIRST} to {LAST}: {priority!r:.80}")
    return priority
