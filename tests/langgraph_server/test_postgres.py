"""Connections that are kept between uses."""

import os
from datetime import UTC, datetime
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection, connections

from langgraph_server.rows import reach

pytestmark = pytest.mark.django_db(transaction=True)


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(backend: int) -> None:
    with psycopg.connect(os.environ["DATABASE_URI"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


def test_a_connection_that_postgres_ended_is_replaced_before_its_next_use() -> None:
    before = reach(backend)

    end(before)

    assert reach(backend) != before


def test_a_connection_that_lives_is_not_asked() -> None:
    before = reach(backend)

    with patch.object(type(connections["default"]), "is_usable") as asked:
        assert reach(backend) == before

    asked.assert_not_called()


@pytest.mark.parametrize(
    "written",
    ["2026-11-30 01:02:03.000004+00", "2026-11-30 01:02:03.5+00", "2026-11-30 01:02:03+00", "1890-02-28 23:00:00+00"],
)
def test_an_instant_is_read_as_it_was_written(written: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, %s::timestamptz::text", [written, written])
        read, stored = cursor.fetchone()

    assert stored == written
    assert read == datetime.fromisoformat(written)
    assert read.tzinfo is UTC
