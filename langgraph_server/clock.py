"""The database's clock, the only one that processes on several machines share."""

from datetime import datetime

from django.db import connection


def database_clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    return now  # type: ignore[no-any-return]  # a timestamptz, by the statement
