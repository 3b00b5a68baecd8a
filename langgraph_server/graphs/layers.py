"""Where the nodes of a drawing go: in layers from the start to the end, so that edges lead down. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from graphlib import TopologicalSorter

Edge = tuple[str, str]


def layers(nodes: Sequence[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Each node below all that lead to it; edges that go back, of loops, are left out of account."""
    forward = list(forward_edges(nodes, edges))
    before: dict[str, set[str]] = {node: set() for node in nodes}
    for source, target in forward:
        before[target].add(source)
    depth: dict[str, int] = {}
    for node in TopologicalSorter(before).static_order():
        depth[node] = max((depth[source] + 1 for source in before[node]), default=0)
    return [[node for node in nodes if depth[node] == layer] for layer in range(max(depth.values(), default=-1) + 1)]


def forward_edges(nodes: Sequence[str], edges: Iterable[Edge]) -> Iterator[Edge]:
    """In depth first, from the first node on; an edge to a node that is still open closes a loop."""
    targets: dict[str, list[str]] = {node: [] for node in nodes}
    for source, end in edges:
        targets[source].append(end)
    seen: set[str] = set()
    for root in nodes:
        if root in seen:
            continue
        seen.add(root)
        path = [(root, iter(targets[root]))]
        while path:
            node, left = path[-1]
            target = next(left, None)
            if target is None:
                path.pop()
                continue
            if target not in (open_node for open_node, _ in path):
                yield node, target
            if target not in seen:
                seen.add(target)
                path.append((target, iter(targets[target])))
