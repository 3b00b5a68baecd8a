"""The part of an execution that can be stopped, and why it was."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from langgraph.runtime import RunControl

from langgraph_server.streams.writer import Writer
from runs.choices import Durability
from runs.lease import Lease


@dataclass(frozen=True, slots=True)
class Stop:
    """Why the body of a run was stopped from outside."""

    #: "cancel", "lease", "shutdown" or "timeout"
    kind: str
    action: str = ""
    reason: str = ""


class Control(RunControl):
    """Asked by the engine before each superstep, at the last moment: a lease that is over ends the graph there."""

    def __init__(self) -> None:
        super().__init__()
        self.is_late: Callable[[], bool] = lambda: False

    @property
    def drain_requested(self) -> bool:
        return super().drain_requested or self.is_late()


@dataclass(slots=True)
class Body:
    """The first reason wins: a run that lost its lease must not be settled as cancelled, nor the other way round."""

    lease: Lease
    stopped: Stop | None = None
    #: What it tells goes there, once its log is open.
    writer: Writer | None = None
    #: Done once it is stopped.
    stopping: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    #: It got through a superstep, so through the one that an earlier attempt may have died in.
    stepped: bool = False
    #: Through it a graph is asked to stop after its superstep.
    control: Control = field(default_factory=Control)

    @property
    def is_through(self) -> bool:
        """Should its worker be lost now, it would begin where it is, and the count of its crashes anew."""
        return (
            self.stepped and not self.lease.kwargs["temporary"] and self.lease.kwargs["durability"] != Durability.EXIT
        )

    def stop(self, stop: Stop) -> None:
        if self.stopped is None:
            self.stopped = stop
            self.stopping.set_result(None)
