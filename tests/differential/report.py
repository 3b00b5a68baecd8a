"""The comparison as Markdown: figures, then every difference with its reason."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.differential import known
from tests.differential.comparison import Difference

LONGEST = 90
HEADER = """\
# Differences from the reference server

The same {calls} requests in {scripts} stories, answered by the reference server and by this one; ids, times and
versions are taken out before the answers are compared (status, headers that matter, body, every event of a stream).
`make differential` writes this page.

- {date}; {versions}
- {same} of {calls} answers are the same in every detail; {differing} differ somewhere, in {differences} places
- explained: {explained}; **unexplained: {unexplained}**

`(absent)` means that a key is not there. Differences at several places of one answer are listed once.
"""


def markdown(scripts: Mapping[str, int], found: Sequence[Difference], *, date: str, versions: str) -> str:
    calls = sum(scripts.values())
    differing = len({(one.script, one.name) for one in found})
    explained = sum(known.reason(one) is not None for one in found)
    parts = [
        HEADER.format(
            calls=calls,
            scripts=len(scripts),
            date=date,
            versions=versions,
            same=calls - differing,
            differing=differing,
            differences=len(found),
            explained=explained,
            unexplained=len(found) - explained,
        )
    ]
    for reason in sorted({known.reason(one) or "" for one in found}):
        rows = [one for one in found if (known.reason(one) or "") == reason]
        parts.append(section(reason or "Unexplained", rows))
    return "\n".join(parts)


def section(reason: str, rows: Sequence[Difference]) -> str:
    lines = [f"## {reason}", "", "| answer | where | reference | here |", "|---|---|---|---|"]
    grouped: dict[tuple[str, str, str], Difference] = {}
    for one in rows:
        last = one.path.split(".")[-1]
        grouped.setdefault((one.script, one.name, last), one)
    lines += [
        f"| {one.script}: {one.name} | `{one.path}` | {shown(one.theirs)} | {shown(one.ours)} |"
        for one in grouped.values()
    ]
    return "\n".join([*lines, ""])


def shown(value: Any) -> str:
    text = " ".join(str(value).split()).replace("|", "\\|").replace("`", "'")
    return f"`{text[:LONGEST]}…`" if len(text) > LONGEST else f"`{text}`"
