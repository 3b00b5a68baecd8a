"""How other protocols tell a run's end to their receivers. Who speaks one adds it when the process starts."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runs.models import Run
    from webhooks.outbox import Report

PROTOCOLS: "dict[str, Callable[[Run], Report | None]]" = {}
