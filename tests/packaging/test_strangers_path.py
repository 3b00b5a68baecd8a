"""What somebody who has only the wheel and an application goes through, from the first start to the restored backup."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import SyncLangGraphClient
from standardwebhooks import Webhook

from langgraph_server.embedded import account
from langgraph_server.embedded.postgres import Postgres, listens
from tests.packaging.conftest import Installed
from tests.packaging.stranger import SECRET, Stranger, fresh_application
from tests.support import databases
from tests.webhooks.conftest import Receiver, receiving

pytestmark = pytest.mark.timeout(420)


@pytest.fixture
def application() -> Iterator[Path]:
    with fresh_application() as folder:
        yield folder


def test_from_the_first_start_to_a_signed_webhook(
    installed_wheel: Installed, application: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1. `dev`. 2. A streamed token. 3. An interrupt is approved. 4. A cron fires and tells a webhook. 5. The admin.
    6. Ctrl-C leaves nothing running.
    """
    stranger = Stranger(installed_wheel, application)
    began = time.monotonic()
    stranger.starts("dev", "--no-reload", "--web", "1", "--workers", "1", "--port", str(stranger.port))
    try:
        stranger.waits_for_web()
        with stranger.client() as client, receiving() as receiver:
            assert first_token(client)
            seconds = installed_wheel.seconds + time.monotonic() - began
            with capsys.disabled():
                print(f"\nfrom the installation to the first token: {seconds:.1f} s")  # noqa: T201 - the figure asked for
            approve(client, ask(client))
            schedule(client, receiver)
            stranger.until(lambda: receiver.received)
            expect_signature(receiver)
        log_in(stranger)
        (dev,) = stranger.processes
        dev.send(signal.SIGINT)
        assert dev.wait() == 0
        assert f"{stranger.url}/docs" in dev.log.read_text()
        assert not listens(Postgres(application / ".langgraph_server").pgdata)
    finally:
        stranger.leaves()


def test_from_separate_processes_to_the_restored_backup(installed_wheel: Installed, application: Path) -> None:
    """1. Migrations; web, worker and beat. 2. The worker is replaced under a run. 3. Backup. 4. Export and erasure.
    5. Restored from the backup, the thread goes on where it was. 6. So it does from the file.
    """
    server = os.environ["DATABASE_URI"]
    name = f"stranger_{os.getpid()}"
    uri = databases.named(server, name)
    settings = {"REDIS_KEY_PREFIX": f"{name}:", "BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS": "1"}
    databases.execute(server, f"CREATE DATABASE {name}")
    stranger = Stranger(installed_wheel, application, DATABASE_URI=uri, REDIS_URI=os.environ["REDIS_URI"], **settings)
    backup, exported = application.parent / "backup.dump", application.parent / "thread.jsonl"
    try:
        stranger.types("migrate", "--verbosity", "0")
        start(stranger, "beat", "worker")
        with stranger.client() as client:
            thread_id = ask(client, owner="user:7")
            replace_worker(stranger, client)
            assert "migrations: up to date" in stranger.types("status")
            postgres("pg_dump", "--format", "custom", "--file", str(backup), uri)
            stranger.types("export", "--thread", thread_id, str(exported))
            assert "1 threads" in stranger.types("erase", "--owner", "user:7", "--yes")
            assert client.threads.search(metadata={"owner": "user:7"}) == []
            stop(stranger)
            databases.drop(uri)
            databases.execute(server, f"CREATE DATABASE {name}")
            postgres("pg_restore", "--dbname", uri, str(backup))
            start(stranger, "worker")
            approve(client, thread_id)
            client.threads.delete(thread_id)
            stranger.types("import", str(exported))
            approve(client, thread_id)
    finally:
        stranger.leaves()
        databases.drop(uri)


def first_token(client: SyncLangGraphClient) -> str:
    asked: Mapping[str, Any] = {"messages": [{"role": "user", "content": "What is the weather in Paris?"}]}
    for part in client.runs.stream(None, "chat", input=asked, stream_mode="messages-tuple"):
        if part.event == "messages" and (word := part.data[0]["content"]):
            return str(word)
    return ""


def ask(client: SyncLangGraphClient, **metadata: str) -> str:
    thread_id: str = client.threads.create(metadata=metadata)["thread_id"]
    asked: Any = client.runs.wait(thread_id, "approval", input={"topic": "the summer party"})
    assert asked["__interrupt__"][0]["value"]["question"] == "Shall I send this?"
    return thread_id


def approve(client: SyncLangGraphClient, thread_id: str) -> None:
    done: Any = client.runs.wait(thread_id, "approval", command={"resume": True})
    assert done["outcome"] == "sent"


def schedule(client: SyncLangGraphClient, receiver: Receiver) -> None:
    client.crons.create("approval", schedule="* * * * * *", input={"topic": "every second"}, webhook=receiver.url)


def expect_signature(receiver: Receiver) -> None:
    _, headers, body = receiver.received[0]
    told = Webhook(SECRET).verify(body.decode(), headers)
    assert told["status"] == "success"


def log_in(stranger: Stranger) -> None:
    person = {"DJANGO_SUPERUSER_USERNAME": "ada", "DJANGO_SUPERUSER_EMAIL": "ada@example.com"}
    stranger.types("createsuperuser", "--noinput", DJANGO_SUPERUSER_PASSWORD="correct horse", **person)
    with httpx.Client(base_url=stranger.url, trust_env=False, timeout=30, follow_redirects=True) as browser:
        form = browser.get("/admin/").text
        (token,) = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        entered = {"username": "ada", "password": "correct horse", "csrfmiddlewaretoken": token, "next": "/admin/"}
        page = browser.post("/admin/login/", data=entered)
        assert "Runs of the last hour that are over" in page.text


def start(stranger: Stranger, *others: str) -> None:
    for words in (*([name] for name in others), ["web", "--port", str(stranger.port)]):
        stranger.starts(*words)
    stranger.waits_for_web()


def stop(stranger: Stranger) -> None:
    running = [process for process in stranger.processes if process.is_alive]
    ends = {process.name: process.terminate() for process in running}
    # The server of the web process ends as the signal says.
    assert ends == {"web": -signal.SIGTERM, "beat": 0, "worker": 0}


def replace_worker(stranger: Stranger, client: SyncLangGraphClient) -> None:
    """As an upgrade does: the new one is there before the old one drains."""
    (old,) = [process for process in stranger.processes if process.name == "worker"]
    thread_id = client.threads.create()["thread_id"]
    run = client.runs.create(thread_id, "research", input={"topic": "rolling upgrades"})
    stranger.starts("worker")
    assert old.terminate() == 0
    client.runs.join(thread_id, run["run_id"])
    assert client.runs.get(thread_id, run["run_id"])["status"] == "success"


def postgres(program: str, *words: str) -> None:
    """The embedded one's, whose version is the server's."""
    told = subprocess.run([account.binaries() / program, *words], capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
