"""What a graph yields becomes events: (namespace, mode, payload) → SSE names and JSON."""

from collections.abc import Iterator
from typing import Any

from langchain_core.messages import BaseMessage, BaseMessageChunk, message_chunk_to_message

from langgraph_server import encoding
from langgraph_server.checkpoints.snapshots import checkpoint_object
from runs.choices import StreamMode
from runs.execution.invocation import Invocation

Named = tuple[str, Any]


class Translator:
    """One run's. Remembers the messages that it has begun: the `messages` mode tells them as they grow."""

    def __init__(self, invocation: Invocation) -> None:
        self.wanted = invocation.wanted
        self.messages: dict[str, BaseMessageChunk] = {}
        self.announced: set[str] = set()

    def translate(self, namespace: tuple[str, ...], mode: str, payload: Any) -> Iterator[tuple[str, bytes]]:
        """Nothing for what the client did not ask for."""
        if mode == "messages":
            named = self.message(namespace, payload)
        elif mode in self.wanted:
            document = with_addresses(payload) if mode == StreamMode.DEBUG else payload
            named = iter([("|".join((mode, *namespace)), document)])
        else:
            return
        for name, document in named:
            yield name, encoding.dumps(document)

    def message(self, namespace: tuple[str, ...], payload: tuple[Any, dict[str, Any]]) -> Iterator[Named]:
        """Both modes at once yield the tuples only, as with the reference."""
        message, metadata = payload
        if StreamMode.MESSAGES_TUPLE in self.wanted:
            yield "|".join(("messages", *namespace)), [flat(message), metadata]
        elif isinstance(message, BaseMessage):
            yield from self.growing(message, metadata)

    def growing(self, message: BaseMessage, metadata: dict[str, Any]) -> Iterator[Named]:
        message_id = message.id or ""
        if message_id not in self.announced:
            self.announced.add(message_id)
            yield "messages/metadata", {message_id: {"metadata": metadata}}
        if not isinstance(message, BaseMessageChunk):
            yield "messages/complete", [flat(message)]
            return
        before = self.messages.get(message_id)
        self.messages[message_id] = grown = message if before is None else before + message
        yield "messages/partial", [flat(message_chunk_to_message(grown))]


def flat(message: Any) -> Any:
    return message.model_dump() if isinstance(message, BaseMessage) else message


def with_addresses(entry: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint among the debug entries also tells where it and its parent are, as the thread state does."""
    if entry["type"] != "checkpoint":
        return entry
    payload = entry["payload"]
    addresses = {
        "checkpoint": checkpoint_object(payload["config"]),
        "parent_checkpoint": checkpoint_object(payload.get("parent_config")),
    }
    tasks = [with_address(task) for task in payload["tasks"]]
    return {**entry, "payload": {**payload, **addresses, "tasks": tasks}}


def with_address(task: dict[str, Any]) -> dict[str, Any]:
    """The engine tells a subgraph's config where clients look for its checkpoint."""
    if not task.get("state"):
        return task
    return {**{key: task[key] for key in task if key != "state"}, "checkpoint": checkpoint_object(task["state"])}
