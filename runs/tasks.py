"""Celery entries. They may be lost, doubled or late; the rows decide."""

from celery import shared_task

from langgraph_server.rows import reach
from runs import dispatch, sweeper
from runs.execution.host import hosted


@shared_task(name=dispatch.WAKE)
def wake(queue: str, hops: int = 0) -> None:
    runner = hosted()
    if runner is None or runner.is_full:
        dispatch.received(queue)
        dispatch.pass_on(queue, hops)
    elif runner.is_for_others(hops):
        dispatch.pass_on(queue, hops)
    else:
        runner.nudge(queue)


@shared_task(name="runs.sweep")
def sweep() -> None:
    reach(sweeper.sweep)
