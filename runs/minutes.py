"""The minutes of each graph: workers add what they counted, operators read the last hour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import LiteralString

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from runs.paces import Pace
from runs.records import Minute

BATCH = 1000
#: The minute that counts for ever.
EVER = datetime.fromtimestamp(0, UTC)
SHOWN = timedelta(hours=1)

#: Ordered, as everywhere where several may write the same rows.
ADD: LiteralString = """
INSERT INTO runs_minute AS m (minute, graph_id, waits, spans, waited, spent)
SELECT at.minute, n.graph_id, n.waits::bigint[], n.spans::bigint[], n.waited, n.spent
FROM unnest(%s::text[], %s::text[], %s::text[], %s::float8[], %s::float8[])
    AS n (graph_id, waits, spans, waited, spent),
    unnest(ARRAY['epoch'::timestamptz, date_trunc('minute', now())]) AS at (minute)
ORDER BY at.minute, n.graph_id
ON CONFLICT (minute, graph_id) DO UPDATE SET
    waits = (SELECT array_agg(a + b ORDER BY n) FROM unnest(m.waits, excluded.waits) WITH ORDINALITY AS pair (a, b, n)),
    spans = (SELECT array_agg(a + b ORDER BY n) FROM unnest(m.spans, excluded.spans) WITH ORDINALITY AS pair (a, b, n)),
    waited = m.waited + excluded.waited, spent = m.spent + excluded.spent
"""


@dataclass(slots=True)
class Lately:
    """A graph's last hour: all of it, and how many runs ended in each of its minutes, the oldest first."""

    pace: Pace = field(default_factory=Pace)
    ended: list[int] = field(default_factory=lambda: [0] * 60)


def add(paces: Mapping[str, Pace]) -> None:
    """To the present minute by the database's clock, and to what counts for ever."""
    graphs = sorted(paces)
    waits, spans = [paces[graph].waits for graph in graphs], [paces[graph].spans for graph in graphs]
    counts = [[array(each.counts) for each in kind] for kind in (waits, spans)]
    totals = [[each.total for each in kind] for kind in (waits, spans)]
    with connection.cursor() as cursor:
        cursor.execute(ADD, [graphs, *counts, *totals])


def array(counts: list[int]) -> str:
    """Postgres has no lists of lists of different things."""
    return f"{{{','.join(map(str, counts))}}}"


def lately(moment: datetime) -> dict[str, Lately]:
    """By graph, in the order of their names."""
    found: dict[str, Lately] = {}
    rows = Minute.objects.filter(minute__gt=moment - SHOWN).order_by("graph_id", "minute")
    columns = rows.values_list("graph_id", "minute", "waits", "waited", "spans", "spent")
    for graph_id, minute, waits, waited, spans, spent in columns:
        graph = found.setdefault(graph_id, Lately())
        graph.pace.add(waits, waited, spans, spent)
        age = int((moment - minute).total_seconds() // 60)
        graph.ended[59 - max(0, min(59, age))] += sum(spans)
    return found


def ever() -> dict[str, Pace]:
    """By graph, all that was ever counted."""
    found: dict[str, Pace] = {}
    for row in Minute.objects.filter(minute=EVER).order_by("graph_id"):
        found[row.graph_id] = pace = Pace()
        pace.add(row.waits, row.waited, row.spans, row.spent)
    return found


def forget() -> None:
    """A batch of those past the retention; the next sweep takes the next."""
    old = Minute.objects.filter(minute__gt=EVER, minute__lt=Now() - settings.RECORD_RETENTION)
    keys = list(old.order_by("minute").values_list("pk", flat=True)[:BATCH])
    Minute.objects.filter(pk__in=keys)._raw_delete("default")
