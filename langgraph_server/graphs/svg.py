"""A graph's drawing as SVG that needs nothing from anywhere else: no script, no font, no style sheet. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from langgraph_server.graphs.drawing import Drawing
from langgraph_server.graphs.layers import layers

HEIGHT = 36
#: Between layers, and between nodes of one.
DOWN, ACROSS = 56, 28
#: Of a letter, more or less.
LETTER = 8
LONGEST = 40


@dataclass(frozen=True, slots=True)
class Box:
    label: str
    #: The middle of its upper side.
    x: float
    y: float
    width: float


def svg(drawing: Drawing) -> SafeString:
    boxes, width, height = placed(drawing)
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="The graph: {}" viewBox="0 0 {} {}" width="{}" '
        'height="{}" font-family="sans-serif" font-size="13" fill="none" stroke="currentColor"><defs><marker id="head" '
        'viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path '
        'd="M0 0 8 4 0 8z" fill="currentColor" stroke="none"/></marker></defs>{}{}</svg>',
        ", ".join(box.label for box in boxes.values()),
        width,
        height,
        width,
        height,
        format_html_join("", "{}", ((edge(each, boxes),) for each in drawing["edges"])),
        format_html_join("", "{}", ((node(box),) for box in boxes.values())),
    )


def placed(drawing: Drawing) -> tuple[Mapping[str, Box], float, float]:
    """With the size of it all, and room at the right for edges that go back."""
    ids = [str(each["id"]) for each in drawing["nodes"]]
    rows = layers(ids, [(each["source"], each["target"]) for each in drawing["edges"]])
    widest = max((row_width(row) for row in rows), default=0.0)
    boxes: dict[str, Box] = {}
    for depth, row in enumerate(rows):
        left = ACROSS + (widest - row_width(row)) / 2
        for name in row:
            boxes[name] = Box(label(name), left + box_width(name) / 2, 8 + depth * (HEIGHT + DOWN), box_width(name))
            left += box_width(name) + ACROSS
    return boxes, widest + 4 * ACROSS, 16 + len(rows) * (HEIGHT + DOWN) - DOWN


def label(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def box_width(name: str) -> float:
    return len(label(name)) * LETTER + 24


def row_width(row: Sequence[str]) -> float:
    return sum(map(box_width, row)) + ACROSS * (len(row) - 1)


def node(box: Box) -> SafeString:
    return format_html(
        '<rect x="{}" y="{}" width="{}" height="{}" rx="8"/><text x="{}" y="{}" text-anchor="middle" '
        'fill="currentColor" stroke="none">{}</text>',
        box.x - box.width / 2,
        box.y,
        box.width,
        HEIGHT,
        box.x,
        box.y + HEIGHT / 2 + 5,
        box.label,
    )


def edge(drawn: Mapping[str, object], boxes: Mapping[str, Box]) -> SafeString:
    """Dashed where the graph decides. What does not lead down goes round at the right."""
    source, target = boxes[str(drawn["source"])], boxes[str(drawn["target"])]
    from_y, to_y = source.y + HEIGHT, target.y
    if to_y > from_y:
        line = f"M{source.x} {from_y}C{source.x} {from_y + DOWN / 2} {target.x} {to_y - DOWN / 2} {target.x} {to_y}"
    else:
        start, end = source.x + source.width / 2, target.x + target.width / 2
        round_x = max(start, end) + 2 * ACROSS
        line = f"M{start} {source.y + HEIGHT / 2}C{round_x} {from_y} {round_x} {to_y} {end} {target.y + HEIGHT / 2}"
    dashes = SafeString(' stroke-dasharray="4 3"') if drawn.get("conditional") else ""
    said = format_html("<title>{}</title>", drawn["data"]) if drawn.get("data") else ""
    return format_html('<path d="{}" marker-end="url(#head)"{}>{}</path>', line, dashes, said)
