"""The runner's life inside a Celery worker: started before it consumes, drained when it is told to stop."""

import os
import threading
from typing import Any

from celery import bootsteps
from django.conf import settings
from langchain_core.tracers.langchain import wait_for_all_tracers
from langsmith.utils import tracing_is_enabled

from assistants import builtin
from langgraph_server import garbage, telemetry, tracing
from langgraph_server.checkpoints.backend import plan as checkpointer_plan
from langgraph_server.encryption.backend import cipher
from langgraph_server.graphs.registry import registry
from langgraph_server.stores.backend import plan as store_plan
from runs.execution import measures
from runs.execution.host import HOSTED
from runs.execution.runner import Runner
from webhooks.configuration import configuration as webhooks_configuration

#: Seconds that Celery has to say goodbye to the broker once everything is settled.
LAST_WORDS = 3.0


class RunnerStep(bootsteps.StartStopStep):
    requires = ("celery.worker.components:Pool",)

    def __init__(self, parent: Any, **_: Any) -> None:
        self.runner: Runner | None = None
        super().__init__(parent)

    def start(self, parent: Any) -> None:
        if settings.RUN_SLOTS:
            self.host()
        garbage.started()

    def host(self) -> None:
        builtin.ensure(registry().specs.values())
        cipher()
        store_plan()
        checkpointer_plan()
        webhooks_configuration()
        tracing.tracer()
        measures.instruments()
        if tracing_is_enabled():
            telemetry.FLUSHES.append(wait_for_all_tracers)
        self.runner = Runner(queues=settings.RUN_QUEUES, slots=settings.RUN_SLOTS)
        self.runner.start()
        HOSTED[:] = [self.runner]

    def stop(self, parent: Any) -> None:
        if self.runner:
            HOSTED.clear()
            self.runner.drain()
            telemetry.flush()
            leave_in(LAST_WORDS)


def leave_in(seconds: float) -> None:
    """Synchronous nodes that were left behind on their threads would keep the process for ever."""
    last = threading.Timer(seconds, os._exit, [0])
    last.daemon = True
    last.start()
