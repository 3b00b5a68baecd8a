"""The thread's latest run as a tree: which graph, which subgraphs in it, and where each of them stands."""

from collections.abc import Mapping
from typing import Any

import orjson

from langgraph_server.api.resources import Resources
from runs.protocol.channels import Namespace
from runs.protocol.envelopes import Envelope
from runs.protocol.errors import NoSuchRun
from runs.protocol.following import replay
from runs.topic import Topic


class Tree:
    def __init__(self) -> None:
        self.nodes: dict[Namespace, dict[str, Any]] = {}

    def see(self, envelope: Envelope) -> None:
        data = orjson.loads(envelope.data)["params"]["data"]
        if data["event"] == "running":
            self.nodes.clear()
        node = {"status": data["event"], "graph_name": data.get("graph_name", "")}
        self.nodes[envelope.namespace] = {"namespace": list(envelope.namespace), **node}

    @property
    def document(self) -> Mapping[str, Any]:
        """Of the root, with its children in it."""
        trees = {namespace: dict(node) for namespace, node in self.nodes.items()}
        for namespace in sorted(trees, key=len, reverse=True):
            if namespace and (parent := parent_of(namespace, trees)) is not None:
                trees[parent].setdefault("children", []).append(trees[namespace])
        return trees[()]


def parent_of(namespace: Namespace, trees: Mapping[Namespace, Any]) -> Namespace | None:
    """The nearest one that is known."""
    return next((prefix for n in range(len(namespace) - 1, -1, -1) if (prefix := namespace[:n]) in trees), None)


async def tree_of(topic: Topic, resources: Resources, *, through: int) -> Mapping[str, Any]:
    """Refused for a thread of which nothing is kept."""
    tree = Tree()
    async for envelope in replay(topic, resources, through=through):
        if envelope.channel == "lifecycle":
            tree.see(envelope)
    if () not in tree.nodes:
        raise NoSuchRun
    return tree.document
