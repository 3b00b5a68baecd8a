"""Threads that keep only their latest checkpoint."""

from collections.abc import Iterator
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection
from django.test import Client

from tests.factories import make_checkpoint, make_run, make_thread
from tests.langgraph_server.databases import conninfo

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _impatient() -> Iterator[None]:
    with patch.dict(connection.settings_dict["OPTIONS"], options="-c lock_timeout=100"):
        yield


@pytest.mark.usefixtures("_impatient")
def test_a_thread_that_somebody_else_holds_is_to_be_pruned_again(client: Client) -> None:
    run = make_run(make_thread(), status="success")
    for _ in range(2):
        make_checkpoint(run)
    body = {"thread_ids": [str(run.thread_id)], "strategy": "keep_latest"}

    with psycopg.connect(conninfo()) as other:
        other.execute("SELECT FROM checkpoints FOR UPDATE")
        refused = client.post("/threads/prune", body, content_type="application/json")
    pruned = client.post("/threads/prune", body, content_type="application/json")

    assert (refused.status_code, refused.json()) == (503, {"detail": "Service Unavailable"})
    assert refused.headers["Retry-After"]
    assert (pruned.status_code, pruned.json()) == (200, {"pruned_count": 1})
