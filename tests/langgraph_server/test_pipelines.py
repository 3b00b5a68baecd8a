"""Several statements, one round trip."""

import pytest
from django.conf import settings
from django.db import DataError, connection, transaction

from langgraph_server.pipelines import Statement, execute_together

pytestmark = pytest.mark.django_db

#: After so many psycopg prepares a statement.
OFTEN: int = settings.DATABASES["default"]["OPTIONS"]["prepare_threshold"]


def test_each_gives_its_own_rows_and_sees_what_those_before_it_did() -> None:
    found = execute_together(
        ("CREATE TEMPORARY TABLE seen (n int) ON COMMIT DROP", []),
        ("INSERT INTO seen SELECT * FROM generate_series(1, %s)", [3]),
        ("SELECT sum(n) FROM seen", []),
        ("SELECT n FROM seen ORDER BY n", []),
    )

    assert found == [[], [], [(6,)], [(1,), (2,), (3,)]]


def test_of_what_postgres_refuses_nothing_is_kept() -> None:
    with pytest.raises(DataError), transaction.atomic():
        execute_together(("CREATE TABLE kept (n int)", []), ("SELECT %s::int", ["many"]))

    assert "kept" not in connection.introspection.table_names()


@pytest.mark.django_db(transaction=True)
def test_what_stood_behind_a_statement_that_failed_can_be_executed_again() -> None:
    behind: Statement = ("SELECT %s::int + 1", [1])
    for _ in range(OFTEN):
        execute_together(behind)

    with pytest.raises(DataError):
        execute_together(("SELECT 1 / %s", [0]), behind)

    assert execute_together(behind) == [[(2,)]]


@pytest.mark.django_db(transaction=True)
def test_the_last_may_fail_on_purpose_and_its_connection_stays() -> None:
    before: Statement = ("SELECT pg_backend_pid()", [])
    connections = execute_together(before)

    for _ in range(OFTEN + 2):
        with pytest.raises(DataError):
            execute_together(before, ("SELECT 1 / %s", [0]))

    assert execute_together(before, ("SELECT 1 / %s", [1])) == [*connections, [(1,)]]
