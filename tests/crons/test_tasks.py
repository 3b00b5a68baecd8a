"""The clock's one message, and what it starts."""

from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.conf import settings as configured
from pytest_django import Settings

from crons.tasks import fire_due, tick
from langgraph_server.celery import app


@pytest.fixture
def sent() -> Iterator[list[str]]:
    names: list[str] = []
    with patch(
        "celery.app.task.Task.apply_async", autospec=True, side_effect=lambda task, **_: names.append(task.name)
    ):
        yield names


def test_a_tick_looks_for_deliveries_lost_runs_and_crons(sent: list[str]) -> None:
    tick()

    assert sent == ["webhooks.deliver_due", "runs.sweep", "crons.fire_due"]


def test_the_scheduler_can_be_switched_off(sent: list[str], settings: Settings) -> None:
    settings.CRONS_ENABLED = False

    tick()

    assert fire_due.name not in sent


def test_beat_has_one_entry_whose_task_exists() -> None:
    [entry] = configured.CELERY_BEAT_SCHEDULE.values()

    app.loader.import_default_modules()
    assert entry["task"] in app.tasks
