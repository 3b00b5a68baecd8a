"""Connections that are kept between uses."""

import os
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
