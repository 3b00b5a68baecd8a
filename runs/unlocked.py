"""Runs admitted without a lock: what was read before is confirmed by the insertion itself, and mostly still stands.

Whatever makes a thread's next run changes its row too, so that one as it was read has no run that came since.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.db import connection

from assistants.models import Assistant
from langgraph_server.errors import DomainError
from langgraph_server.instances import Seen
from runs import dispatch, wanted
from runs.building import build, thread_for
from runs.choices import MultitaskStrategy
from runs.insertion import insert
from runs.models import Run
from runs.requests import RunRequest
from threads import occupancy
from threads.choices import ThreadStatus
from threads.models import Thread


def admit(requests: Sequence[RunRequest]) -> dict[UUID, Run]:
    """Those that meet nothing which locks are for, by id; of the others nothing is changed."""
    if connection.in_atomic_block or settings.RUNS_PER_CALLER:
        return {}
    plain = [request for request in requests if is_plain(request)]
    assistants = wanted.remembered(plain)
    threads = occupancy.seen([request.thread_id for request in plain if request.thread_id])
    free = [request for request in plain if request.assistant in assistants and is_free(request, threads)]
    runs = [*built(free, assistants, threads)]
    admitted = insert(
        runs,
        made=[run.thread for run in runs if run.thread_id not in threads],
        delays={request.run_id: request.after_seconds for request in free},
        seen=[*assistants.values(), *threads.values()],
    )
    dispatch.announce(run.queue for run in admitted)
    if len(admitted) < len(runs):
        wanted.forget({run.assistant_id for run in runs} - {run.assistant_id for run in admitted})
    return {run.run_id: run for run in admitted}


def is_plain(request: RunRequest) -> bool:
    return not (request.visible or request.idempotency_key)


def is_free(request: RunRequest, threads: Mapping[UUID, Seen[Thread]]) -> bool:
    if request.thread_id is None:
        return True
    thread = threads.get(request.thread_id)
    waits = request.multitask_strategy == MultitaskStrategy.ENQUEUE
    return thread is not None and (waits or thread.row.status != ThreadStatus.BUSY)


def built(
    requests: Sequence[RunRequest], assistants: Mapping[str, Seen[Assistant]], threads: Mapping[UUID, Seen[Thread]]
) -> Iterator[Run]:
    for request in requests:
        # What contradicts itself is refused once more, by who answers.
        with suppress(DomainError):
            thread = threads[request.thread_id].row if request.thread_id else thread_for(request)
            yield build(request, assistants[request.assistant].row, thread)
