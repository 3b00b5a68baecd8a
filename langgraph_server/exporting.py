"""The state of the installation as OpenTelemetry's gauges: sent by the worker that has been there longest.

Whoever sends, it is in the name of the installation: two that send at once, where one takes over from the other, tell
the same thing twice instead of the double of it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from celery import bootsteps

from langgraph_server import figures, measuring, metrics
from langgraph_server.errors import Unavailable
from langgraph_server.figures import Figures
from langgraph_server.rows import reach
from runs import workers
from runs.execution.bootstep import RunnerStep
from runs.execution.host import hosted

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Observation

Values = Iterator[tuple[float, dict[str, str]]]
QUEUE, STATE = "langgraph.queue", "langgraph.state"


class FiguresStep(bootsteps.StartStopStep):
    requires = (RunnerStep,)

    def start(self, parent: Any) -> None:
        if hosted() and (meter := measuring.meter(measuring.INSTALLATION)):
            look = Look()
            # The first of them looks for all.
            meter.create_observable_gauge("langgraph.database.up", [look.begin], "1", "Whether the database answers.")
            for name, unit, told, values in GAUGES:
                meter.create_observable_gauge(name, [look.of(values)], unit, told)


class Look:
    """What one collection tells: its instruments are asked one after the other, on one thread."""

    def __init__(self) -> None:
        self.read: Figures | None = None

    def begin(self, _: "CallbackOptions") -> Iterator["Observation"]:
        self.read = None
        try:
            if not reach(is_eldest):
                return iter(())
            self.read = reach(figures.read)
        except Unavailable:
            return observed(iter([(0, {})]))
        return observed(iter([(1, {})]))

    def of(self, values: Callable[[Figures], Values]) -> Callable[["CallbackOptions"], Iterator["Observation"]]:
        return lambda _: observed(values(self.read)) if self.read else iter(())


def is_eldest() -> bool:
    runner = hosted()
    eldest = workers.present().filter(draining=False).order_by("started_at", "worker_id").first()
    return bool(runner and eldest and eldest.worker_id == runner.owner)


def observed(values: Values) -> Iterator["Observation"]:
    from opentelemetry.metrics import Observation  # noqa: PLC0415 - an extra, and only where it is wished for

    return (Observation(value, told) for value, told in values)


def active_runs(read: Figures) -> Values:
    return ((group.count, {QUEUE: group.queue, STATE: group.standing}) for group in read.runs)


def oldest_runs(read: Figures) -> Values:
    for group in read.runs:
        yield figures.longest(group.ages) or 0, {QUEUE: group.queue, STATE: group.standing}


def processes(read: Figures) -> Values:
    yield len(read.workers), {}


def slots(read: Figures) -> Values:
    most, active = metrics.room(read)
    yield active, {STATE: "active"}
    yield max(0, most - active), {STATE: "available"}


def deliveries(read: Figures) -> Values:
    return ((count, {STATE: state}) for state, count in read.deliveries.items())


def oldest_delivery(read: Figures) -> Values:
    yield read.oldest_delivery, {}


def cron_lag(read: Figures) -> Values:
    yield read.cron_lag, {}


GAUGES: Sequence[tuple[str, str, str, Callable[[Figures], Values]]] = (
    ("langgraph.runs", "{run}", f"Active runs, to {figures.MOST}.", active_runs),
    ("langgraph.runs.oldest", "s", "How long the first is due.", oldest_runs),
    ("langgraph.workers", "{process}", "Worker processes.", processes),
    ("langgraph.worker.slots", "{run}", "Runs that all workers hold, and have room for.", slots),
    ("langgraph.deliveries", "{delivery}", "Webhooks by state.", deliveries),
    ("langgraph.deliveries.oldest", "s", "How long the first is due.", oldest_delivery),
    ("langgraph.cron.lag", "s", "How late the latest cron is.", cron_lag),
)
