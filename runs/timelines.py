"""What happened in an attempt, as it is stored: tasks of the graph in parts, each part one text.

`written` and `read` are the only way into that text and out of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from langgraph_server import encoding
from langgraph_server.encryption import events
from langgraph_server.encryption.documents import here
from langgraph_server.encryption.keys import Keyring
from runs.models import Run
from runs.records import TimelinePart

BATCH = 500

#: Of runs that are still there: a deleted one must not fail the others. The lock keeps it until we commit.
KEEP: LiteralString = """
INSERT INTO runs_timelinepart (run_id, token, part, document)
SELECT p.run_id, p.token, p.part, p.document
FROM unnest(%s::uuid[], %s::bigint[], %s::int2[], %b::text[]) AS p (run_id, token, part, document)
JOIN (SELECT run_id FROM runs_run WHERE run_id = ANY(%s::uuid[]) ORDER BY run_id FOR KEY SHARE) AS r USING (run_id)
"""


@dataclass(slots=True)
class Task:
    """One task of an attempt; what is missing has not happened yet, or was left out."""

    #: Its place in the attempt, from 1.
    n: int
    node: str = ""
    #: Of its graph: empty for the outermost one.
    namespace: str = ""
    #: Supersteps of its graph in this attempt, from 1.
    step: int = 0
    #: Milliseconds since 1970, by the worker's clock.
    began: int = 0
    ended: int | None = None
    input: Any = None
    result: Any = None
    error: str | None = None
    interrupts: Any = None


@dataclass(slots=True)
class Part:
    """What there is to write down of an attempt since the last part."""

    run_id: UUID
    token: int
    part: int
    #: Fields of `Task` by name, as far as they are news.
    tasks: list[dict[str, Any]]
    #: Tasks that there was no room for, in the whole attempt.
    dropped: int = 0
    traceback: str | None = None
    #: Of the run's events: what is told of it is encrypted as they are.
    keys: Keyring | None = None


@dataclass(slots=True)
class Timeline:
    tasks: list[Task] = field(default_factory=list)
    dropped: int = 0
    traceback: str | None = None


def keep(parts: Sequence[Part]) -> None:
    columns = [[getattr(part, name) for part in parts] for name in ("run_id", "token", "part")]
    documents = [written(part) for part in parts]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [*columns, documents, columns[0]])


def written(part: Part) -> str:
    told = {"tasks": part.tasks, "dropped": part.dropped, "traceback": part.traceback}
    document = encoding.document({name: value for name, value in told.items() if value})
    return document if part.keys is None else events.sealed(part.keys, document.encode()).decode()


def read(document: str, keys: Keyring | None) -> dict[str, Any]:
    told: dict[str, Any] = orjson.loads(events.opened(keys, document.encode()))
    return told


def of_run(run: Run) -> dict[int, Timeline]:
    """By the token of the attempt. Raises EncryptionFailed where nobody here can read them."""
    found: dict[int, list[str]] = {}
    rows = TimelinePart.objects.filter(run_id=run.run_id).order_by("token", "part")
    for token, document in rows.values_list("token", "document"):
        found.setdefault(token, []).append(document)
    keys = here(events.keyring_of(run.kwargs)) if found else None
    return {token: together(read(each, keys) for each in documents) for token, documents in found.items()}


def together(parts: Iterable[dict[str, Any]]) -> Timeline:
    timeline, tasks = Timeline(), dict[int, dict[str, Any]]()
    for part in parts:
        for news in part.get("tasks", ()):
            tasks.setdefault(news["n"], {}).update(news)
        timeline.dropped = part.get("dropped", timeline.dropped)
        timeline.traceback = part.get("traceback", timeline.traceback)
    timeline.tasks = [Task(**tasks[n]) for n in sorted(tasks)]
    return timeline


def forget() -> None:
    """A batch of those past the retention; the next sweep takes the next."""
    old = TimelinePart.objects.filter(written_at__lt=Now() - settings.RECORD_RETENTION).order_by("written_at")
    TimelinePart.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH]))._raw_delete("default")
