"""The nodes and edges of a graph, as the wire draws them."""

from typing import Any

from langgraph_server.graphs.sources import Graph

Drawing = dict[str, list[dict[str, Any]]]


def draw(graph: Graph, xray: int) -> Drawing:
    """`xray` draws subgraphs in the place of their nodes, down to that depth."""
    drawn = graph.get_graph(xray=xray).to_json()
    return {"nodes": [node(each) for each in drawn["nodes"]], "edges": drawn["edges"]}


def node(drawn: dict[str, Any]) -> dict[str, Any]:
    """Without the class it is made of, which is no client's business."""
    data = drawn.get("data")
    if not isinstance(data, dict):
        return drawn
    return {**drawn, "data": {key: value for key, value in data.items() if key != "id"}}
