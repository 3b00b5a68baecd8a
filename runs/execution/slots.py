"""The runs that a worker process executes at this moment, each in a slot."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any
from uuid import UUID

from runs.execution.body import Body, Stop
from runs.execution.heartbeat import Held
from runs.lease import Lease

Execution = asyncio.Task[set[str]]


class Slots:
    """Changed on the runner's loop; `held` and `is_full` may be asked from any thread."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.bodies: dict[UUID, Body] = {}
        self.executions: set[Execution] = set()
        #: Nothing else is claimed beside them, until each is through the step that it is suspected for.
        self.suspects: list[Body] = []
        #: The worker drains: no more come.
        self.closed = False

    @property
    def is_full(self) -> bool:
        is_apart = not all(suspect.is_through for suspect in self.suspects)
        return self.closed or is_apart or self.free <= 0

    @property
    def free(self) -> int:
        return self.number - len(self.bodies)

    def held(self) -> Held:
        return [(body.lease.run_id, body.lease.token) for body in list(self.bodies.values())]

    def fill(self, claimed: Lease, execute: Callable[[Body], Coroutine[Any, Any, set[str]]]) -> tuple[Body, Execution]:
        """`execute` returns queues in which the run's end left a next one ready."""
        if replaced := self.bodies.get(claimed.run_id):
            # This very process slept through its lease and now wins its own run back.
            replaced.stop(Stop("lease"))
        body = self.bodies[claimed.run_id] = Body(claimed)
        execution = asyncio.create_task(execute(body), name=f"execution {claimed.run_id}")
        self.executions.add(execution)
        execution.add_done_callback(partial(self.leave, body))
        return body, execution

    def leave(self, body: Body, execution: Execution) -> None:
        self.executions.discard(execution)
        if self.bodies.get(body.lease.run_id) is body:
            del self.bodies[body.lease.run_id]
        if body in self.suspects:
            self.suspects.remove(body)

    def stop(self, run_id: UUID, stop: Stop, token: int | None = None) -> None:
        body = self.bodies.get(run_id)
        if body and token in (None, body.lease.token):
            body.stop(stop)

    def begin_drain(self) -> None:
        """What is saved goes on elsewhere from its next superstep."""
        self.closed = True
        for body in self.bodies.values():
            # Without checkpoints a stop between supersteps would throw work away.
            if not body.lease.kwargs["temporary"]:
                body.control.request_drain()

    async def empty(self, grace: float) -> None:
        """What has not ended after `grace` seconds is stopped."""
        if self.executions:
            await asyncio.wait(self.executions, timeout=grace)
        for body in self.bodies.values():
            body.stop(Stop("shutdown"))
        if self.executions:
            await asyncio.wait(self.executions)
