"""The library's tables as `migrate` leaves them."""

import pytest
from django.db import connection, connections

from langgraph_server.checkpoints import schema

#: Indexes of the library's tables whose columns begin an index of the same table, in the same order.
COVERED = """
SELECT spare.indexrelid::regclass::text
FROM pg_index spare JOIN pg_index other ON other.indrelid = spare.indrelid AND other.indexrelid <> spare.indexrelid
WHERE spare.indrelid IN ('checkpoints'::regclass, 'checkpoint_blobs'::regclass, 'checkpoint_writes'::regclass)
    AND position(spare.indkey::text || ' ' IN other.indkey::text || ' ') = 1
"""


def covered() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(COVERED)
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db
def test_no_index_repeats_how_a_primary_key_begins() -> None:
    assert covered() == []


@pytest.mark.django_db(transaction=True)
def test_those_of_an_earlier_release_are_dropped() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX checkpoint_blobs_thread_id_idx ON checkpoint_blobs (thread_id)")
    assert covered() == ["checkpoint_blobs_thread_id_idx"]

    schema.ensure(connections)

    assert covered() == []
