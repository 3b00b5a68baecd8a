"""Searches of threads, as SQL: Django takes longer to write such a statement than Postgres to answer it.

What a client gives is a parameter, always; what is written into a statement comes from our own lists.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg.types.json import Jsonb

from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.instances import instances
from langgraph_server.pipelines import Statement, execute_together
from threads.models import Thread

#: Few statuses are shared by many threads: among those of one, the index that filters by status gives the order.
SORT_KEYS = {"status": ("status", "updated_at", "thread_id")}
#: What a client is shown of a thread, in this order.
COLUMNS = (
    "thread_id",
    "created_at",
    "updated_at",
    "state_updated_at",
    "metadata",
    "config",
    "status",
    "values",
    "interrupts",
    "error",
)
#: What is found up to here is found by an index, in about no time.
NEAR = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Among the threads that are listed: without the temporary ones of stateless runs."""

    visible: Filter = EVERYTHING
    ids: Sequence[UUID] = ()
    #: Contained in the thread's.
    metadata: Mapping[str, Any]
    values: Mapping[str, Any]
    status: str | None = None
    #: Of COLUMNS; empty: all.
    select: Collection[str] = ()
    sort_by: str = "updated_at"
    sort_order: str = "desc"
    limit: int = 10
    offset: int = 0

    @property
    def is_long(self) -> bool:
        """It may be."""
        return bool(self.values) or self.offset > NEAR


def find(searches: Sequence[Search]) -> list[list[Thread]]:
    """Of each one thread more than its limit, if there are as many."""
    answers = execute_together(*map(statement, searches))
    return [instances(Thread, columns(search), rows) for search, rows in zip(searches, answers, strict=True)]


def count(search: Search) -> int:
    condition, parameters = conditions(search)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM threads_thread WHERE {condition}", parameters)
        return int(cursor.fetchone()[0])


def statement(search: Search) -> Statement:
    condition, parameters = conditions(search)
    direction = "DESC" if search.sort_order == "desc" else "ASC"
    keys = SORT_KEYS.get(search.sort_by, (search.sort_by, "thread_id"))
    order = ", ".join(f'"{key}" {direction}' for key in keys)
    shown = ", ".join(f'"{name}"' for name in columns(search))
    # Not as parameters: a plan for any limit is not one for a small one.
    page = f"LIMIT {search.limit + 1} OFFSET {search.offset}"
    return f"SELECT {shown} FROM threads_thread WHERE {condition} ORDER BY {order} {page}", parameters


def columns(search: Search) -> list[str]:
    """In the model's order, in which Django takes their values."""
    shown = {"thread_id", *(search.select or COLUMNS)}
    return [field.attname for field in Thread._meta.concrete_fields if field.attname in shown]


def conditions(search: Search) -> tuple[str, list[Any]]:
    found = {
        "thread_id = ANY(%s)": list(search.ids),
        "metadata @> %s": search.metadata and Jsonb(search.metadata),
        '"values"::jsonb @> %s': search.values and Jsonb(search.values),
        "status = %s": search.status,
    }
    wanted = {condition: parameter for condition, parameter in found.items() if parameter}
    seen, parameters = seen_by(search.visible)
    return " AND ".join(["NOT temporary", *wanted, *seen]), [*wanted.values(), *parameters]


def seen_by(visible: Filter) -> tuple[list[str], Sequence[Any]]:
    """What a handler said, as Django writes it."""
    if not visible:
        return [], []
    query = Thread.objects.filter(visible.on("metadata")).query
    condition, parameters = query.get_compiler(connection=connection).compile(query.where)
    return [condition], parameters
