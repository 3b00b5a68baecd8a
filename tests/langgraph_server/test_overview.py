"""The admin's first page tells how the installation stands."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.timezone import now

from crons.models import Cron, CronFiring
from runs import minutes, workers
from runs.paces import Pace
from runs.records import Worker
from runs.workers import Word
from tests.factories import make_assistant, make_run, make_thread
from tests.support.admin import no_static_folder, staff_client, statements, text
from webhooks.models import Delivery

pytestmark = [pytest.mark.django_db, no_static_folder]


def overview(client: Client) -> str:
    return text(client.get("/admin/")).partition('<div id="content-main">')[0]


def make_delivery(**fields: Any) -> Delivery:
    run = make_run(status="success")
    return Delivery.objects.create(run_id=run.run_id, url="https://receiver.example", body="{}", **fields)


def test_an_installation_at_rest_has_nothing_to_tell(admin_client: Client) -> None:
    assert overview(admin_client).count("<p>None.</p>") == 6


def test_it_tells_what_waits_what_is_stuck_and_what_failed(admin_client: Client) -> None:
    make_run(), make_run(queue="gpu"), make_run(status="error", created_at=now())
    make_run(status="running"), make_run(due_at=now() - timedelta(hours=1))
    make_run(status="error", created_at=now() - timedelta(hours=2))

    shown = overview(admin_client)

    assert "waiting in default</a>: 1, the oldest since 1 min" in shown
    assert "waiting in gpu" in shown
    assert "stuck in default" in shown
    assert "late in default" in shown
    assert "echo: error</a>: 1<" in shown


def test_it_tells_which_workers_are_there_and_which_fell_silent(admin_client: Client) -> None:
    for silent in (timedelta(0), timedelta(minutes=5), timedelta(hours=2)):
        word = Word(uuid4(), ["default"], slots=10, runs=3)
        workers.tell(word)
        Worker.objects.filter(pk=word.worker_id).update(seen_at=now() - silent)

    shown = overview(admin_client)

    assert shown.count("3 of 10 slots; present") == 1
    assert shown.count("3 of 10 slots; silent, heard of 5 min 0 s ago") == 1


def test_it_tells_how_long_the_runs_of_each_graph_wait_and_take(admin_client: Client) -> None:
    pace = Pace()
    for seconds in [0.03] * 90 + [7.0] * 10:
        pace.waits.count(seconds)
        pace.spans.count(2 * seconds)
    minutes.add({"echo": pace})

    shown = overview(admin_client)

    assert '">echo</a></th><td>100</td>' in shown
    assert "37 ms" in shown
    assert "7.5 s" in shown
    assert "<svg" in shown


def test_it_tells_of_waiting_threads_failing_webhooks_and_late_crons(admin_client: Client) -> None:
    make_thread(status="interrupted"), make_thread(status="interrupted", temporary=True)
    make_delivery(tries=1)
    make_delivery(tries=9, state="given_up", ended_at=now())
    make_delivery(tries=1, state="delivered", ended_at=now())
    for late in (timedelta(hours=1), timedelta(0)):
        cron = Cron.objects.create(
            assistant=make_assistant(assistant_id=uuid4()), schedule="@daily", next_run_date=now() - late
        )
        CronFiring.objects.create(cron=cron, instant=now() - late, lag=late)

    shown = overview(admin_client)

    assert "wait for a person</a>: 1<" in shown
    assert "failed, tried again</a>: 1<" in shown
    assert "given up within a day</a>: 1<" in shown
    assert "late by more than 1 min 0 s</a>: 1<" in shown
    assert "fired late within a day</a>: 1<" in shown


def test_each_line_leads_to_what_it_counts(admin_client: Client) -> None:
    first = make_run()
    make_run(first.thread), make_run(queue="gpu")
    (address,) = {line.partition('"')[0] for line in overview(admin_client).split('href="') if "blocked in" in line}

    assert "1 run\n" in text(admin_client.get(address.replace("&amp;", "&")))


def test_it_asks_the_same_few_questions_however_many_rows_there_are(admin_client: Client) -> None:
    make_run()
    few = statements(lambda: admin_client.get("/admin/"))
    for n in range(20):
        make_run(queue=f"queue{n}")

    assert len(statements(lambda: admin_client.get("/admin/"))) == len(few)


def test_it_tells_only_what_one_may_see() -> None:
    make_run()

    shown = overview(staff_client("threads.view_thread"))

    assert "Threads" in shown
    assert "waiting in default" not in shown
