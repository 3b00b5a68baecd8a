"""Several statements, one round trip."""

import pytest
from django.db import DataError, connection, transaction

from langgraph_server.pipelines import execute_together

pytestmark = pytest.mark.django_db


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
