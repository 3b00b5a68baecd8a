"""Graphs drawn by the server."""

from typing import Any
from xml.etree import ElementTree

import pytest

from langgraph_server.graphs.drawing import draw
from langgraph_server.graphs.layers import layers
from langgraph_server.graphs.registry import registry
from langgraph_server.graphs.sources import SharedGraph
from langgraph_server.graphs.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def drawing(*edges: tuple[str, str], conditional: bool = False) -> Any:
    names = dict.fromkeys(name for edge in edges for name in edge)
    drawn = [{"source": source, "target": target, "conditional": conditional} for source, target in edges]
    return {"nodes": [{"id": name} for name in names], "edges": drawn}


@pytest.mark.parametrize(
    ("nodes", "edges", "expected"),
    [
        ("", [], []),
        ("a", [], [["a"]]),
        ("a", [("a", "a")], [["a"]]),
        ("abc", [("a", "b"), ("b", "c"), ("a", "c")], [["a"], ["b"], ["c"]]),
        ("abc", [("a", "b"), ("b", "a"), ("b", "c")], [["a"], ["b"], ["c"]]),
        ("abcd", [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("d", "a")], [["a"], ["b", "c"], ["d"]]),
        ("ab", [("b", "b")], [["a", "b"]]),
    ],
)
def test_edges_lead_down_but_for_those_that_close_a_loop(
    nodes: str, edges: list[tuple[str, str]], expected: list[list[str]]
) -> None:
    assert layers(list(nodes), edges) == expected


def test_a_drawing_has_a_box_for_each_node_and_a_line_for_each_edge() -> None:
    root = ElementTree.fromstring(svg(drawing(("__start__", "ask"), ("ask", "ask"), ("ask", "__end__"))))

    assert [text.text for text in root.iter(f"{SVG}text")] == ["__start__", "ask", "__end__"]
    assert len([path for path in root.iter(f"{SVG}path") if path.get("marker-end")]) == 3


def test_what_the_graph_decides_is_dashed() -> None:
    assert "stroke-dasharray" in svg(drawing(("a", "b"), conditional=True))
    assert "stroke-dasharray" not in svg(drawing(("a", "b")))


def test_names_are_escaped_and_cut() -> None:
    drawn = svg(drawing(("<script>alert(1)</script>", "n" * 500)))

    assert "<script>" not in drawn
    assert "n" * 41 not in drawn


def test_nothing_is_asked_from_anywhere_else() -> None:
    drawn = svg(drawing(("a", "b"))).replace('xmlns="http://www.w3.org/2000/svg"', "")

    assert "http" not in drawn
    assert "style=" not in drawn


@pytest.mark.parametrize("graph_id", ["echo", "nested", "approval", "chat"])
def test_real_graphs_are_drawn(graph_id: str) -> None:
    source = registry().get(graph_id)
    assert isinstance(source, SharedGraph)

    root = ElementTree.fromstring(svg(draw(source.graph, 32)))

    assert {"__start__", "__end__"} <= {text.text for text in root.iter(f"{SVG}text")}
