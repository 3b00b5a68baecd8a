"""What is known of a graph's state from what it yielded so far."""

from dataclasses import dataclass
from typing import Any

from runs.execution.body import Body
from runs.execution.recollection import Recollection


@dataclass(slots=True)
class Trace:
    values: Any = None
    interrupted: bool = False
    #: The values that it started with came first.
    started: bool = False
    #: What operators are told of its tasks, if they want to know.
    recollection: Recollection | None = None


def see(body: Body, trace: Trace, values: Any) -> None:
    body.stepped, trace.started = trace.started, True
    if isinstance(values, dict) and "__interrupt__" in values:
        trace.interrupted = True
        values = {key: value for key, value in values.items() if key != "__interrupt__"}
    trace.values = values
