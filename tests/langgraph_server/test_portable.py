"""Data of a thread or an owner leaves as a file, comes back as it was, or goes for good."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import now

from assistants import lifecycle as assistants
from assistants.models import Assistant
from crons.models import Cron
from langgraph_server.auth import keys
from langgraph_server.auth.models import ApiKey
from langgraph_server.checkpoints.models import Checkpoint, CheckpointBlob, CheckpointWrite
from runs.models import Run, RunEvent
from store.models import StoredItem
from tests.factories import make_assistant, make_checkpoint, make_run, make_thread
from threads.lifecycle import delete_rows
from threads.models import Thread
from webhooks.models import Attempt, Delivery

pytestmark = pytest.mark.django_db(transaction=True)

ALICE = {"owner": "user:7"}
#: As it was written: the order of keys, a number beyond 64 bits, a line feed between values.
WRITTEN = '{"b": 1,\n "a": 123456789012345678901234567890, "text": "a\\nb"}'
KEPT = WRITTEN.replace("\n", " ")
TABLES = [Thread, Run, RunEvent, Checkpoint, CheckpointBlob, CheckpointWrite, Delivery, Assistant, Cron, StoredItem]


@pytest.fixture(autouse=True)
def _an_empty_store() -> None:
    StoredItem.objects.all()._raw_delete("default")


def everything() -> dict[str, list[str]]:
    """Each table's rows as Postgres writes them; but not the moment of a change."""
    rows = {}
    for model in TABLES:
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            rows[table] = sorted(text for (text,) in cursor.fetchall())
    return rows


def make_owned(owner: dict[str, str]) -> Thread:
    """A thread with all that can hang on one, and what its owner has besides."""
    thread = make_thread(metadata={**owner, "topic": "Grüße"}, status="interrupted", waits=True)
    run = make_run(thread, status="success", epoch=41, ended_at=now(), kwargs={"resumable": True})
    RunEvent.objects.create(run=run, seq=1, event="values", data=WRITTEN)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE threads_thread SET values = %s::json WHERE thread_id = %s", [KEPT, thread.pk])
    made = make_checkpoint(run)
    key = {"thread_id": str(thread.pk), "checkpoint_ns": ""}
    CheckpointBlob.objects.create(**key, channel="said", version="1", type="msgpack", blob=bytes(range(256)))
    assert made.thread_id == str(thread.pk)
    delivery = Delivery.objects.create(
        run_id=run.pk, url="https://example.com", body={"b": 1, "a": 2}, state="delivered"
    )
    Attempt.objects.create(delivery=delivery, started_at=now(), duration=timedelta(seconds=1), status_code=200)
    return thread


def make_possessions(owner: dict[str, str], label: str) -> None:
    assistant = assistants.create(assistant_id=None, graph_id="echo", config={}, context={}, metadata=owner)
    Cron.objects.create(assistant=assistant, schedule="0 9 * * *", metadata=owner, payload={"input": {"b": 1, "a": 2}})
    for prefix in (label, f"{label}.notes"):
        fields = {"value": {"text": "hello"}, "created_at": now(), "updated_at": now()}
        StoredItem.objects.create(prefix=prefix, key="one", **fields)


def exported(tmp_path: Path, *subject: str) -> Path:
    file = tmp_path / f"{uuid4()}.jsonl"
    call_command("export", *subject, str(file), stderr=StringIO())
    return file


def imported(file: Path) -> str:
    told = StringIO()
    call_command("import", str(file), stdout=told)
    return told.getvalue()


def test_a_thread_comes_back_as_it_was(tmp_path: Path) -> None:
    thread = make_owned(ALICE)
    before = everything()
    file = exported(tmp_path, "--thread", str(thread.pk))
    assert file.stat().st_mode & 0o777 == 0o600
    delete_rows([thread.pk])
    Delivery.objects.all().delete()

    told = imported(file)

    assert everything() == before
    assert Attempt.objects.get().status_code == 200
    assert "1 rows of checkpoint_blobs" in told


def test_all_of_an_owner_comes_back_and_nothing_of_others_is_in_the_file(tmp_path: Path) -> None:
    mine, bobs = make_owned(ALICE), make_owned({"owner": "user:70"})
    make_possessions(ALICE, "user:7")
    make_possessions({"owner": "user:70"}, "user:70")
    before = everything()
    file = exported(tmp_path, "--owner", "user:7")
    assert str(mine.pk) in file.read_text()
    assert str(bobs.pk) not in file.read_text()
    assert "user:70" not in file.read_text()
    call_command("erase", "--owner", "user:7", "--yes", stdout=StringIO())

    imported(file)

    Cron.objects.filter(metadata=ALICE).update(enabled=True)
    assert everything() == before


def test_imported_crons_are_switched_off(tmp_path: Path) -> None:
    make_possessions(ALICE, "user:7")
    file = exported(tmp_path, "--owner", "user:7")
    Assistant.objects.all()._raw_delete("default")
    StoredItem.objects.all()._raw_delete("default")

    imported(file)

    assert not Cron.objects.get().enabled


def test_a_run_that_is_under_way_stays_and_its_thread_arrives_at_rest(tmp_path: Path) -> None:
    thread = make_thread(status="busy", metadata=ALICE)
    running = make_run(thread, status="running", push={"token": "secret of the receiver"})
    make_checkpoint(running)
    file = exported(tmp_path, "--thread", str(thread.pk))
    delete_rows([thread.pk])

    imported(file)

    thread.refresh_from_db()
    assert (thread.status, thread.refresh_at is not None) == ("idle", True)
    assert not Run.objects.exists()
    assert Checkpoint.objects.count() == 1


def test_secrets_that_receivers_asked_for_are_not_in_the_file(tmp_path: Path) -> None:
    thread = make_owned(ALICE)
    Run.objects.update(push={"token": "canary"})
    Delivery.objects.update(headers={"authorization": "canary"})

    assert "canary" not in exported(tmp_path, "--thread", str(thread.pk)).read_text()


def test_later_runs_have_later_epochs_than_imported_ones(tmp_path: Path) -> None:
    thread = make_owned(ALICE)
    Run.objects.update(epoch=10**6)
    file = exported(tmp_path, "--thread", str(thread.pk))
    delete_rows([thread.pk])
    Delivery.objects.all().delete()

    imported(file)

    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('runs_epoch')")
        assert cursor.fetchone()[0] > 10**6


def cut(lines: list[str]) -> list[str]:
    return lines[:-1]


def thinned(lines: list[str]) -> list[str]:
    return [*lines[:-2], lines[-1]]


def foreign(lines: list[str]) -> list[str]:
    return [lines[0], '{"table": "auth_user", "row": {"username": "mallory"}}', *lines[1:]]


def newer(lines: list[str]) -> list[str]:
    return [json.dumps({**json.loads(lines[0]), "version": 2}), *lines[1:]]


def strange(lines: list[str]) -> list[str]:
    row = json.loads(lines[1])
    return [lines[0], json.dumps({**row, "row": {**row["row"], "mood": "good"}}), *lines[2:]]


REFUSED = [
    (cut, "breaks off"),
    (thinned, "rows are missing"),
    (foreign, "a row of auth_user"),
    (newer, "version 2"),
    (strange, "has no mood here"),
    (lambda lines: ["hello"], "no JSON"),
    (lambda lines: [], "no JSON"),
]


@pytest.mark.parametrize(("change", "reason"), REFUSED)
def test_a_file_that_is_not_whole_or_not_ours_brings_nothing(change: Any, reason: str, tmp_path: Path) -> None:
    thread = make_thread(metadata=ALICE)
    make_checkpoint(make_run(thread, status="success"))
    file = exported(tmp_path, "--thread", str(thread.pk))
    delete_rows([thread.pk])
    file.write_text("\n".join(change(file.read_text().splitlines())))

    with pytest.raises(CommandError, match=reason):
        imported(file)

    assert not Thread.objects.exists()
    assert not get_user_model().objects.exists()


def test_a_thread_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    thread = make_thread(metadata=ALICE)
    file = exported(tmp_path, "--thread", str(thread.pk))

    with pytest.raises(CommandError, match="already exists"):
        imported(file)


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text("precious")

    with pytest.raises(CommandError, match="cannot be made"):
        call_command("export", "--thread", str(make_thread().pk), str(file))
    assert file.read_text() == "precious"


def test_a_missing_thread_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not found"):
        exported(tmp_path, "--thread", str(UUID(int=0)))
    assert list(tmp_path.iterdir()) == []


def test_erasure_leaves_nothing_of_the_owner_and_everything_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    make_assistant()
    bobs = make_owned({"owner": "user:70"})
    make_possessions({"owner": "user:70"}, "user:70")
    others = everything()
    alice = get_user_model().objects.create_user("alice", pk=7)
    keys.create(user=alice)
    make_owned(ALICE)
    make_run(make_thread(metadata=ALICE, status="busy"), status="running")
    make_possessions(ALICE, "user:7")
    told = StringIO()
    monkeypatch.setattr("builtins.input", lambda asked: "user:7")

    call_command("erase", "--owner", "user:7", stdout=told)

    assert everything() == others
    assert not ApiKey.objects.exists()
    assert Attempt.objects.count() == 1
    assert "2 threads" in told.getvalue()
    assert "1 checkpoints" in told.getvalue()
    assert "2 items of the store" in told.getvalue()
    assert Thread.objects.get().pk == bobs.pk


def test_erasure_is_asked_about(monkeypatch: pytest.MonkeyPatch) -> None:
    make_thread(metadata=ALICE)
    monkeypatch.setattr("builtins.input", lambda asked: "user:8")

    with pytest.raises(CommandError, match="nothing was erased"):
        call_command("erase", "--owner", "user:7", stdout=StringIO())

    assert Thread.objects.exists()
