"""The admin in a browser, as an operator walks through it at three in the morning; every page holds to its policy.

With SCREENSHOTS naming a folder, what the operator sees is kept there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from langgraph_sdk.client import SyncLangGraphClient

from langgraph_server.supervision import COMMAND
from tests.support.browser import browse, prepared
from tests.support.installation import IMPATIENT, Installation, installed
from tests.webhooks.conftest import Receiver, receiving

pytestmark = pytest.mark.timeout(300)

STEPS = (
    "signs in with the keyboard alone",
    "sees how the installation stands",
    "finds the failing graph and reads its error",
    "sees why a run is blocked",
    "cancels the run that hangs before it",
    "requeues a run that a lost worker held",
    "asks for the failed run again",
    "answers an approval",
    "redelivers a webhook",
    "finds yesterday's late cron",
    "reads hostile text as text",
    "opens everything else",
    "never left the server, nor its policy",
)
USER, PASSWORD = "ada", "for tests only"
TAKING_OVER = "document.title=`taken over`"
# Without a quotation mark or backslash: it looks the same within JSON.
EVIL = f"<img src='x' onerror='{TAKING_OVER}'><script>{TAKING_OVER}</script>"
SETTINGS = {
    **IMPATIENT,
    # What was lost stays so until somebody takes it back.
    "LANGGRAPH_SERVER_SWEEP_SECS": "600",
    "LANGGRAPH_WEBHOOKS": orjson.dumps({"url": {"disable_loopback": False, "require_https": False}}).decode(),
}


@dataclass(frozen=True)
class Night:
    """What happened before the operator was called, and what the script says of each step."""

    installation: Installation
    receiver: Receiver
    threads: dict[str, str] = field(default_factory=dict)
    steps: dict[str, str | None] = field(default_factory=dict)


@pytest.fixture(scope="module")
def night(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    prepared(request.config)
    folder = tmp_path_factory.mktemp("night")
    with receiving() as receiver, installed(folder, settings=SETTINGS) as installation:
        told = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": ""}
        command = (*COMMAND, "createsuperuser", "--noinput", "--username", USER)
        made = installation.start_process("createsuperuser", *command, settings=told)
        installation.start(workers=2)
        assert made.wait() == 0, made.log.read_text()
        night = Night(installation, receiver)
        with installation.sync_client() as client:
            facts = {"user": USER, "password": PASSWORD, "evil": EVIL, "threads": night.threads, **fall(night, client)}
        found = browse("operator", installation.url, orjson.dumps(facts).decode(), config=request.config, patience=240)
        night.steps.update(found)
        yield night
        assert installation.troubles() == []


def fall(night: Night, client: SyncLangGraphClient) -> dict[str, Any]:
    """A graph fails, a person is waited for, a receiver refuses, a cron was late, a worker is lost, a run hangs."""
    for name in ("failing", "waiting", "stuck", "hanging", "hostile"):
        night.threads[name] = client.threads.create(metadata={EVIL: EVIL})["thread_id"]
    night.receiver.answer = lambda place: (410, {}, EVIL.encode()) if place == 1 else (200, {}, b"")
    client.runs.create(
        night.threads["failing"], "failing", input={"how": "spoken", EVIL: EVIL}, webhook=f"{night.receiver.url}/hook"
    )
    client.runs.wait(night.threads["waiting"], "approval", input={})
    hostile = plant(night, client)
    be_late(night.installation, client)
    night.installation.until(
        lambda: night.installation.rows("SELECT 1 FROM webhooks_delivery WHERE state = 'given_up'")
    )
    lose_a_worker(night, client)
    return hostile


def plant(night: Night, client: SyncLangGraphClient) -> dict[str, Any]:
    said: dict[str, Any] = {"messages": [{"role": "user", "content": EVIL, "name": EVIL}], "tokens": 1}
    client.runs.wait(night.threads["hostile"], "chat", input=said)
    assistant = client.assistants.create(
        "chat", name=EVIL, description=EVIL, metadata={EVIL: EVIL}, context={EVIL: EVIL}
    )
    client.assistants.update(assistant["assistant_id"], metadata={"again": EVIL})
    client.store.put_item([EVIL.replace(".", "·")], EVIL, {EVIL: EVIL})
    return {"assistant": assistant["assistant_id"], "item": {"namespace": EVIL.replace(".", "·"), "key": EVIL}}


def be_late(installation: Installation, client: SyncLangGraphClient) -> None:
    cron: Any = client.crons.create("echo", schedule="0 3 * * *", input={"said": EVIL}, metadata={"said": EVIL})
    installation.rows(
        "INSERT INTO crons_cronfiring (cron_id, instant, fired_at, lag, reason) VALUES "
        "(%s, now() - interval '22 hours', now() - interval '20 hours', interval '2 hours', '') RETURNING id",
        cron["cron_id"],
    )


def lose_a_worker(night: Night, client: SyncLangGraphClient) -> None:
    installation = night.installation
    lost, left = installation.workers
    left.freeze()
    client.runs.create(night.threads["stuck"], "steps", input={"steps": 30, "seconds": 0.1})
    installation.until(lambda: installation.count("status = 'running'") == 1)
    lost.kill()
    left.thaw()
    client.runs.create(night.threads["hanging"], "sleepy", input={"seconds": 600})
    client.runs.create(night.threads["hanging"], "echo", input={"said": EVIL})
    installation.until(lambda: installation.count("status = 'running' AND lease_until < now()") == 1)
    installation.until(lambda: installation.count("status = 'running'") == 2)


@pytest.mark.parametrize("step", STEPS)
def test_an_operator(night: Night, step: str) -> None:
    if error := night.steps[step]:
        pytest.fail(error, pytrace=False)


def test_the_rows_say_what_was_done(night: Night) -> None:
    night.installation.until_settled()
    ended = night.installation.rows("SELECT thread_id::text, status, attempt FROM runs_run ORDER BY created_at")
    runs = {name: [(status, n) for thread, status, n in ended if thread == key] for name, key in night.threads.items()}
    assert runs == {
        "failing": [("error", 1), ("error", 1)],
        "waiting": [("success", 1), ("success", 1)],
        "stuck": [("success", 2)],
        "hanging": [("interrupted", 1), ("success", 1)],
        "hostile": [("success", 1)],
    }
    # Of the failed run, once more, and of the run that was asked for again.
    first = night.receiver.ids[0]
    assert sorted(webhook_id == first for webhook_id in night.receiver.ids) == [False, True, True]
    log = night.installation.rows("SELECT change_message FROM django_admin_log ORDER BY id")
    assert [message.partition(" ")[0].rstrip(".") for (message,) in log] == [
        "Cancelled",
        "Taken",
        "Run",
        "Answered,",
        "Redelivered",
    ]


def test_the_script_has_no_other_steps(night: Night) -> None:
    assert tuple(night.steps) == STEPS
