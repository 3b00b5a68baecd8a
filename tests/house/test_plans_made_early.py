"""Postgres plans by what it last knew of the tables: that they are empty, in the first minute of every installation."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from assistants.builtin import assistant_id_of
from langgraph_server.checkpoints.saver import open_pool
from langgraph_server.checkpoints.statements import PUT_CHECKPOINTS, PUT_WRITES
from langgraph_server.ids import uuid7
from runs import insertion, settlement
from runs.lease import claim, claim_of
from runs.models import Run
from tests.factories import make_assistant
from threads import occupancy
from threads.models import Thread

WAITING, RUNNING, LIMIT = 1000, 200, 10
UNANALYSED = "UPDATE pg_class SET reltuples = 0, relpages = 0 WHERE relname LIKE 'runs_run%' OR relname LIKE 'run_%'"
#: After so many the statement is prepared, and Postgres has planned it five times before it considers one plan for all.
A_FEW = 12
#: A bitmap is read from an index, and by it a table.
READS = {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"}
PARAMETERS: dict[str, Any] = {
    "owner": uuid4(),
    "lease": 15,
    "fewest": 0,
    "most": 1,
    "limit": LIMIT,
}


@pytest.mark.django_db
def test_a_claim_reads_no_more_than_it_takes_though_postgres_takes_the_tables_for_empty() -> None:
    make_assistant()
    make_runs(RUNNING, status="running", owner=uuid4(), lease_until="2026-01-01T00:00Z")
    make_runs(WAITING)
    with connection.cursor() as cursor:
        cursor.execute(UNANALYSED)
        statement, names = claim_of(["default"])
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, {**names, **PARAMETERS})
        ((plan,),) = cursor.fetchall()

    assert plan[0]["Plan"]["Actual Rows"] == LIMIT
    assert sum(rows_read(plan[0]["Plan"])) < 10 * LIMIT


@pytest.mark.django_db
def test_a_claim_is_planned_for_good_after_its_first_few() -> None:
    make_assistant()
    make_runs(RUNNING, status="running", owner=uuid4(), lease_until="2026-01-01T00:00Z")
    make_runs(WAITING)
    for _ in range(A_FEW):
        claim_some()
    planned = custom_plans()
    claim_some()

    assert custom_plans() == planned


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [insertion.INSERT, settlement.at_once((PUT_CHECKPOINTS, PUT_WRITES, occupancy.REST)), settlement.END],
    ids=["insertion", "settlement at once", "settlement"],
)
def test_what_admits_and_ends_runs_looks_up_each_row_though_postgres_takes_the_tables_for_empty(statement: str) -> None:
    numbers = count(1)
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + re.sub("%[sb]", lambda _: f"${next(numbers)}", statement)
        )
        ((plan,),) = cursor.fetchall()

    reads = [node for node in nodes(plan[0]["Plan"]) if node["Node Type"] in READS]
    assert reads
    assert [node["Node Type"] for node in reads if "Index Cond" not in node] == []


@pytest.mark.django_db
def test_django_plans_to_read_no_table_whole() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_seqscan")
        assert cursor.fetchone() == ("off",)


async def test_the_saver_plans_to_read_no_table_whole() -> None:
    async with open_pool(settings.DATABASE_URI, 1) as pool, pool.connection() as opened:
        cursor = await opened.execute("SHOW enable_seqscan")
        assert await cursor.fetchone() == {"enable_seqscan": "off"}


def claim_some() -> None:
    claim(owner=uuid4(), queues=["default", "other"], limit=LIMIT, lease=timedelta(seconds=15))


def custom_plans() -> int:
    """How often this connection's last claim has been planned for its parameters."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT custom_plans FROM pg_prepared_statements WHERE statement LIKE '%AS mine (queue)%'"
            " ORDER BY prepare_time DESC LIMIT 1"
        )
        ((number,),) = cursor.fetchall()
    return int(number)


def make_runs(number: int, **fields: Any) -> None:
    threads = Thread.objects.bulk_create(Thread(thread_id=uuid7()) for _ in range(number))
    always = {"graph_id": "echo", "assistant_id": assistant_id_of("echo"), "kwargs": {}, **fields}
    before = {"created_at": "2026-01-01T00:00Z", "due_at": "2026-01-01T00:00Z"}
    Run.objects.bulk_create(Run(thread=thread, **always, **before) for thread in threads)


def nodes(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield node
    for part in node.get("Plans", []):
        yield from nodes(part)


def rows_read(node: Mapping[str, Any]) -> Iterator[float]:
    if "Scan" in node["Node Type"]:
        dropped = sum(rows for name, rows in node.items() if name.startswith("Rows Removed"))
        yield (node["Actual Rows"] + dropped) * node["Actual Loops"]
    for part in node.get("Plans", []):
        yield from rows_read(part)
