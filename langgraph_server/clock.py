"""The database's clock, the only one that processes on several machines share."""

from datetime import datetime
from typing import LiteralString

from django.db import connection


def database_clock() -> datetime:
    return read("SELECT clock_timestamp()")


def database_start() -> datetime:
    """When Postgres was started last."""
    return read("SELECT pg_postmaster_start_time()")


def read(statement: LiteralString) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        (moment,) = cursor.fetchone()
    return moment  # type: ignore[no-any-return]  # a timestamptz, by the statement
