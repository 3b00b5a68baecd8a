"""Threads that keep only their latest checkpoint."""

from collections.abc import Iterator
from unittest.mock import patch

import psycopg
import pytest
from django.db import connection

from langgraph_server.api.errors import answer, headers_of
from langgraph_server.checkpoints.fence import CheckpointsUnavailable
from tests.factories import make_checkpoint, make_run, make_thread
from tests.langgraph_server.databases import conninfo
from threads import lifecycle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _impatient() -> Iterator[None]:
    with patch.dict(connection.settings_dict["OPTIONS"], options="-c lock_timeout=100"):
        yield


@pytest.mark.usefixtures("_impatient")
def test_a_thread_that_somebody_else_holds_is_to_be_pruned_again() -> None:
    run = make_run(make_thread(), status="success")
    for _ in range(2):
        make_checkpoint(run)

    with psycopg.connect(conninfo()) as other:
        other.execute("SELECT FROM checkpoints FOR UPDATE")
        with pytest.raises(CheckpointsUnavailable) as refused:
            lifecycle.keep_latest([run.thread_id])

    assert answer(refused.value) == (503, "Service Unavailable")
    assert headers_of(refused.value, 503)["Retry-After"]
    assert lifecycle.keep_latest([run.thread_id]) == 1
