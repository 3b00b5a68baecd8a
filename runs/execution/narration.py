"""A run started by the event protocol: the engine's own protocol events become the lines of its log.

So following costs the web processes little: they number the lines and pass them on (runs.protocol).
"""

import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from langchain_core._api import LangChainBetaWarning
from langgraph.runtime import RunControl
from langgraph.stream import ProtocolEvent, StreamChannel, StreamTransformer

from runs.execution.invocation import Invocation
from runs.lines import Line, Story, checkpoint, line, updates

# The engine calls its protocol experimental with each run; an operator can do nothing about it.
warnings.filterwarnings("ignore", message="The v3 streaming protocol", category=LangChainBetaWarning)

#: The engine has one more, for a worker that is told to leave: the run goes on elsewhere.
ENDS = {"completed", "failed", "interrupted"}


class EveryChannel(StreamTransformer):
    """Asks for the channels that the engine leaves out, and brings back the tasks, which others swallow."""

    _native = True
    required_stream_modes = ("updates", "custom", "tools", "tasks", "checkpoints")

    def init(self) -> dict[str, Any]:
        self.tasks: StreamChannel[dict[str, Any]] = StreamChannel("tasks")
        return {"every_task": self.tasks}

    def process(self, event: ProtocolEvent) -> bool:
        if event["method"] == "tasks" and not self.scope:
            params = event["params"]
            self.tasks.push({"namespace": params["namespace"], "data": params["data"]})
        return True


async def stream(graph: Any, invocation: Invocation, control: RunControl) -> AsyncIterator[ProtocolEvent]:
    run = await graph.astream_events(
        invocation.input,
        invocation.config,
        version="v3",
        transformers=[EveryChannel],
        control=control,
        context=invocation.options["context"],
        interrupt_before=invocation.interrupt_before,
        interrupt_after=invocation.interrupt_after,
        durability=invocation.durability,
    )
    async with run:
        async for event in run:
            yield event


class Narrator:
    """One attempt's. Remembers what subgraphs are called."""

    def __init__(self, run_id: UUID, graph_id: str) -> None:
        self.story = Story(run_id, graph_id)
        self.names: dict[tuple[str, ...], str] = {}

    def tell(self, event: ProtocolEvent) -> Iterator[Line]:
        params = event["params"]
        namespace, data = params["namespace"], params["data"]
        match event["method"]:
            case "values":
                found = ((interrupt.id, interrupt.value) for interrupt in params.get("interrupts", ()))
                yield from self.story.interrupts(namespace, found)
                yield line("values", namespace, data)
            case "messages":
                # Whole messages that a node returned are told by `values` only.
                if isinstance(data[0], dict):
                    yield line("messages", namespace, data[0])
            case "updates":
                yield from updates(namespace, data)
            case "custom":
                yield line("custom", namespace, {"payload": data})
            case "tasks":
                yield line("tasks", data["namespace"], data["data"])
            case "checkpoints":
                yield checkpoint(namespace, data)
            case "lifecycle":
                yield from self.lifecycle(data)
            case "tools":
                yield line("tools", namespace, data)
            case method if method.startswith("custom:"):
                yield line(method, namespace, {"name": method.removeprefix("custom:"), "payload": data})

    def lifecycle(self, data: dict[str, Any]) -> Iterator[Line]:
        """Of subgraphs: the engine knows them."""
        namespace = tuple(data["namespace"])
        if data["event"] == "started":
            self.names[namespace] = data.get("graph_name", "")
            yield line("lifecycle", namespace, data)
        elif data["event"] in ENDS:
            name = self.names.get(namespace, "")
            yield self.story.transition(data["event"], namespace, graph_name=name, error=data.get("error"))
