"""What `wait` and `join` answer with: the graph's last values, its interrupts, or its error."""

from typing import Any

import orjson

from langgraph_server import encoding
from langgraph_server.streams.events import INTERRUPT, SPARED, VALUES, Event
from runs.choices import RunStatus
from runs.models import Run
from threads.choices import ThreadStatus
from threads.models import Thread


class Result:
    """Gathers the answer from the run's own events, as bytes; what they do not tell is read from the thread."""

    def __init__(self, *, told_as_values: bool = True) -> None:
        """A run that was started by the event protocol tells its values in envelopes: they are read from the thread."""
        self.told_as_values = told_as_values
        self.values: bytes | None = None
        self.error: bytes | None = None
        #: Parallel interrupts come one by one, each with the same values.
        self.interrupted: list[bytes] = []

    def see(self, events: list[Event]) -> None:
        for event in events:
            if event.event == "error":
                self.error = event.data
            elif event.event in {VALUES, SPARED} and self.told_as_values:
                self.values = event.data
                if INTERRUPT in event.data:
                    self.interrupted.append(event.data)

    @property
    def document(self) -> bytes | None:
        if self.error is not None:
            return b'{"__error__":%b}' % self.error
        if self.values is None or not self.interrupted:
            return self.values
        interrupts = self.interrupts()
        if len(interrupts) > 1:
            return encoding.dumps({"__interrupt__": interrupts})
        # What other tasks of the step wrote is told after the interrupt.
        values = orjson.loads(self.values)
        if not interrupts or not isinstance(values, dict):
            return self.values
        return encoding.dumps({**values, "__interrupt__": interrupts})

    def interrupts(self) -> list[Any]:
        documents = [orjson.loads(data) for data in self.interrupted]
        told = [document.get("__interrupt__", ()) for document in documents if isinstance(document, dict)]
        return [interrupt for interrupts in told for interrupt in interrupts]


def stored_result(thread_id: Any, run_id: Any) -> bytes:
    """From the settled rows."""
    run = Run.objects.filter(run_id=run_id).only("status", "error").first()
    thread = Thread.objects.filter(thread_id=thread_id).first()
    if thread is None:
        return b"{}"
    if run is not None and run.error and run.status in {RunStatus.ERROR, RunStatus.TIMEOUT}:
        return encoding.dumps({"__error__": run.error})
    if thread.status == ThreadStatus.ERROR and thread.error:
        return encoding.dumps({"__error__": thread.error})
    if thread.status == ThreadStatus.INTERRUPTED and thread.interrupts:
        flat = [interrupt for interrupts in thread.interrupts.values() for interrupt in interrupts]
        return encoding.dumps({"__interrupt__": flat})
    return encoding.dumps(thread.values if thread.values is not None else {})
