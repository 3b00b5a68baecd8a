"""Which rows belong to a thread or an owner, table by table, in the order in which they can be inserted."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.backends.utils import CursorWrapper

from langgraph_server.auth.ownership import label_of


@dataclass(frozen=True, slots=True)
class Part:
    table: str
    #: A condition on its rows, with the parameters of a `Subject`.
    where: str
    #: Columns that stay at home: leases, and secrets that receivers asked for.
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    parts: tuple[Part, ...]
    parameters: Mapping[str, str]


RUNS = "status NOT IN ('pending', 'running') AND thread_id IN ({threads})"
DELIVERIES = f"state <> 'pending' AND run_id IN (SELECT run_id FROM runs_run WHERE {RUNS})"
CRONS = "metadata @> %(owned)s::jsonb OR user_id = %(owner)s"
ASSISTANTS = "metadata @> %(owned)s::jsonb"

#: Runs that are under way stay: the file has what is settled, and every checkpoint.
OF_THREADS = (
    Part("threads_thread", "thread_id IN ({threads})"),
    Part("runs_run", RUNS, without=("owner", "lease_until", "push")),
    Part("runs_runevent", f"run_id IN (SELECT run_id FROM runs_run WHERE {RUNS})"),
    Part("checkpoints", "thread_id IN (SELECT thread_id::text FROM ({threads}) t)"),
    Part("checkpoint_blobs", "thread_id IN (SELECT thread_id::text FROM ({threads}) t)"),
    Part("checkpoint_writes", "thread_id IN (SELECT thread_id::text FROM ({threads}) t)"),
    Part("webhooks_delivery", DELIVERIES, without=("headers",)),
    Part("webhooks_attempt", f"delivery_id IN (SELECT delivery_id FROM webhooks_delivery WHERE {DELIVERIES})"),
)
OF_ASSISTANTS = (
    Part("assistants_assistant", ASSISTANTS),
    Part(
        "assistants_assistantversion",
        f"assistant_id IN (SELECT assistant_id FROM assistants_assistant WHERE {ASSISTANTS})",
    ),
)
OF_CRONS = (
    Part("crons_cron", CRONS),
    Part("crons_cronfiring", f"cron_id IN (SELECT cron_id FROM crons_cron WHERE {CRONS})"),
)
ITEMS = Part("store", "prefix = %(label)s OR starts_with(prefix, %(label)s || '.')")

#: What a file may bring.
TABLES = frozenset(part.table for part in (*OF_ASSISTANTS, *OF_THREADS, *OF_CRONS, ITEMS))


def of_thread(thread_id: UUID) -> Subject:
    threads = "SELECT thread_id FROM threads_thread WHERE thread_id = %(thread_id)s::uuid"
    return Subject(tuple(among(threads)), {"thread_id": str(thread_id)})


def of_owner(identity: str) -> Subject:
    """Whose identity their `metadata.owner` names, and their namespaces in the store begin with."""
    threads = "SELECT thread_id FROM threads_thread WHERE metadata @> %(owned)s::jsonb"
    named = {"owner": identity, "owned": json.dumps({"owner": identity}), "label": label_of(identity)}
    return Subject((*OF_ASSISTANTS, *among(threads), *OF_CRONS, ITEMS), named)


def among(threads: str) -> Iterator[Part]:
    for part in OF_THREADS:
        yield Part(part.table, part.where.replace("{threads}", threads), part.without)


def columns(cursor: CursorWrapper, table: str) -> list[str]:
    """Without those that the database numbers by itself: numbers of another database mean nothing."""
    cursor.execute(
        """
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = %s
        AND is_identity = 'NO' AND is_generated = 'NEVER' AND coalesce(column_default, '') NOT LIKE 'nextval(%%'
        ORDER BY ordinal_position
        """,
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def quoted(names: list[str]) -> str:
    return ", ".join(connection.ops.quote_name(name) for name in names)
