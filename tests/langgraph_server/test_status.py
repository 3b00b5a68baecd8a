"""What an operator reads at a terminal, and what a script reads from the exit code."""

from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.utils.timezone import now

from crons.models import Cron
from runs.records import Worker
from tests.factories import make_assistant, make_run

pytestmark = pytest.mark.django_db


def status() -> tuple[str, int]:
    told = StringIO()
    try:
        call_command("status", stdout=told)
    except SystemExit as ended:
        return told.getvalue(), int(ended.code or 0)
    return told.getvalue(), 0


@pytest.fixture
def present() -> None:
    for number, runs in enumerate((3, 0)):
        Worker.objects.create(
            worker_id=uuid4(), host="machine", process=number, queues=["default"], slots=200, runs=runs
        )


@pytest.mark.usefixtures("present")
def test_an_installation_in_order_is_told_and_nothing_is_marked() -> None:
    told, code = status()

    assert code == 0
    assert "! " not in told
    assert "migrations: up to date" in told
    assert "workers: 2 present, 3 of 400 slots taken" in told
    assert "secret" not in told


def test_no_worker_wants_a_look() -> None:
    told, code = status()

    assert code == 1
    assert "! workers: none is present" in told


@pytest.mark.usefixtures("present")
def test_stuck_runs_and_late_crons_want_a_look() -> None:
    make_run(status="running")
    late = now() - timedelta(hours=1)
    Cron.objects.create(assistant=make_assistant("other", assistant_id=None), schedule="* * * * *", next_run_date=late)
    told, code = status()

    assert code == 1
    assert "! stuck in default: 1" in told
    assert "! late by more than" in told


@pytest.mark.usefixtures("present")
def test_a_redis_that_is_away_wants_a_look(settings: Any) -> None:
    settings.REDIS_URI = "redis://127.0.0.1:1/0"
    told, code = status()

    assert code == 1
    assert "! redis: 127.0.0.1:1/0: does not answer" in told
