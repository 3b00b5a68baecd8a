"""`python -m benchmarks.picture RECORD.json PICTURE.svg`: how much better the first server is, row by row."""

import math
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import orjson

ROW, LEFT, WIDTH, RIGHT, TOP = 26, 230, 360, 170, 46
#: In both colour schemes of a page.
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.bar{fill:#2f6f8f}.line{stroke:#8c959f;stroke-dasharray:3 3}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bar{fill:#5aa9cc}}"
)


@dataclass(frozen=True)
class Bar:
    name: str
    #: Ours over the best of the others, as a factor; below one we are worse.
    factor: float
    told: str


def main(record: Path, picture: Path) -> None:
    found = orjson.loads(record.read_bytes())
    bars = list(bars_of(found["rows"]))
    picture.write_text(svg(bars))
    print(f"{len(bars)} rows in {picture}")


def bars_of(rows: Sequence[Mapping[str, Any]]) -> Iterator[Bar]:
    """Without rows that somebody failed: there is nothing to compare."""
    for row in rows:
        values = [server["value"] for server in row["servers"].values()]
        if len(values) < 2 or not all(values):
            continue
        ours, *others = values
        is_rate = row["unit"].endswith("/s")
        best = max(others) if is_rate else min(others)
        told = f"{number(ours)} against {number(best)} {row['unit']}"
        yield Bar(row["row"], ours / best if is_rate else best / ours, told)


def svg(bars: Sequence[Bar]) -> str:
    longest = max(2.0, *(bar.factor for bar in bars))
    height = TOP + ROW * len(bars) + 8
    even = LEFT + length(1.0, longest)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + RIGHT} {height}" role="img">',
        f"<title>How many times better, by row</title><style>{STYLE}</style>",
        f'<text x="{LEFT}" y="18">times better than the best of the others (logarithmic)</text>',
        f'<line class="line" x1="{even:.0f}" x2="{even:.0f}" y1="{TOP - 16}" y2="{height - 4}"/>',
        *(drawn(bar, TOP + ROW * place, longest) for place, bar in enumerate(bars)),
        "</svg>\n",
    ]
    return "\n".join(parts)


def drawn(bar: Bar, top: int, longest: float) -> str:
    end = LEFT + length(bar.factor, longest)
    return (
        f'<text x="{LEFT - 8}" y="{top + 14}" text-anchor="end">{escape(bar.name)}</text>'
        f'<rect class="bar" x="{LEFT}" y="{top + 2}" width="{end - LEFT:.1f}" height="16"/>'
        f'<text x="{end + 6:.1f}" y="{top + 14}">{bar.factor:.1f} x ({escape(bar.told)})</text>'
    )


def length(factor: float, longest: float) -> float:
    """From half as good to the longest."""
    scale = math.log(max(factor, 0.5) / 0.5) / math.log(longest / 0.5)
    return WIDTH * 0.6 * scale + 2


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.picture", description=__doc__)
    parser.add_argument("record", type=Path)
    parser.add_argument("picture", type=Path)
    chosen = parser.parse_args()
    main(chosen.record, chosen.picture)
