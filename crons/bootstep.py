"""The clock's life inside a Celery worker: a thread that ends with the process."""

import threading
from typing import Any

from celery import bootsteps
from django.conf import settings

from crons import ticking
from langgraph_server.parts import end_worker
from runs.execution.bootstep import RunnerStep


class ClockStep(bootsteps.StartStopStep):
    requires = (RunnerStep,)

    def start(self, parent: Any) -> None:
        if settings.CRONS_ENABLED:
            threading.Thread(target=host, name="clock", daemon=True).start()


def host() -> None:
    try:
        ticking.tick_forever()
    finally:
        end_worker("clock")
