"""Webhooks of live runs: who is told what, and when."""

import base64
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import httpx
import orjson
import pytest
from langgraph_sdk.client import LangGraphClient
from standardwebhooks import Webhook

from tests.support.installation import IMPATIENT, Installation, installed
from tests.webhooks.conftest import Receiver, receiving

SECRET = base64.b64encode(b"a secret of ours").decode()
WEBHOOKS = {
    "url": {"disable_loopback": False, "require_https": False},
    "headers": {"X-Tok": "${{ env.LG_WEBHOOK_TOK }}"},
}


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server whose webhooks may go to this machine."""
    settings = {
        **IMPATIENT,
        "LANGGRAPH_WEBHOOKS": orjson.dumps(WEBHOOKS).decode(),
        "LG_WEBHOOK_TOK": "tok123",
        "WEBHOOK_SECRETS": orjson.dumps({"127.0.0.1": SECRET}).decode(),
        "LANGGRAPH_SERVER_WEBHOOK_RETRY_SECS": "0.2",
        "CRON_SCHEDULER_SLEEP_TIME": "0.5",
    }
    with installed(tmp_path_factory.mktemp("telling"), settings=settings) as installation:
        installation.start()
        installation.start_beat()
        yield installation
        assert installation.troubles() == []


@pytest.fixture
async def teller(telling: Installation) -> AsyncIterator[LangGraphClient]:
    async with telling.client() as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def until_told(server: Installation, receiver: Receiver, count: int = 1) -> list[dict[str, Any]]:
    server.until(lambda: len(set(receiver.ids)) >= count)
    server.until(lambda: server.value("SELECT count(*) FROM webhooks_delivery WHERE state = 'pending'") == 0)
    return receiver.bodies


async def test_an_end_is_told_signed_and_with_our_headers(
    telling: Installation, teller: LangGraphClient, receiver: Receiver
) -> None:
    thread = await teller.threads.create()
    run = await teller.runs.create(thread["thread_id"], "echo", input={"said": "hi"}, webhook=f"{receiver.url}/hook")

    [body] = until_told(telling, receiver)

    assert (body["run_id"], body["status"], body["values"]) == (run["run_id"], "success", {"said": "hi", "count": 1})
    assert body["run_started_at"] <= body["run_ended_at"] <= body["webhook_sent_at"]
    [(line, headers, raw)] = receiver.received
    assert (line, headers["x-tok"]) == ("POST /hook", "tok123")
    assert Webhook(SECRET).verify(raw, headers)["run_id"] == run["run_id"]


async def test_a_receiver_finds_the_run_settled(
    telling: Installation, teller: LangGraphClient, receiver: Receiver
) -> None:
    statuses: list[str] = []

    def look(place: int) -> tuple[int, dict[str, str], bytes]:
        run_id = receiver.bodies[-1]["run_id"]
        statuses.append(telling.value("SELECT status FROM runs_run WHERE run_id = %s", run_id))
        return 200, {}, b""

    receiver.answer = look
    for _ in range(10):
        await teller.runs.create(None, "echo", input={}, webhook=receiver.url)

    bodies = until_told(telling, receiver, 10)

    assert statuses == ["success"] * 10
    assert {str(body["values"]) for body in bodies} == {"None"}


async def test_a_receiver_that_fails_at_first_is_told_again_with_the_same_id(
    telling: Installation, teller: LangGraphClient, receiver: Receiver
) -> None:
    receiver.answer = lambda place: (500, {}, b"broken") if place < 3 else (200, {}, b"")

    await teller.runs.wait(None, "failing", input={}, webhook=receiver.url, raise_error=False)
    bodies = until_told(telling, receiver)

    assert len(bodies) == 3
    assert len(set(receiver.ids)) == 1
    assert bodies[0]["status"] == "error"
    assert bodies[0]["error"]["error"]


@pytest.mark.parametrize(("action", "status"), [("interrupt", "interrupted"), ("rollback", "rollback")])
async def test_a_cancelled_run_is_told(
    telling: Installation, teller: LangGraphClient, receiver: Receiver, action: Any, status: str
) -> None:
    thread = await teller.threads.create()
    run = await teller.runs.create(
        thread["thread_id"], "sleepy", input={"seconds": 30}, webhook=receiver.url, durability="sync"
    )
    telling.until(lambda: telling.count("run_id = %s AND status = 'running'", run["run_id"]))
    await teller.runs.cancel(thread["thread_id"], run["run_id"], action=action)

    [body] = until_told(telling, receiver)

    assert (body["run_id"], body["status"]) == (run["run_id"], status)


async def test_under_kills_and_failures_every_run_is_told_at_least_once(
    telling: Installation, teller: LangGraphClient, receiver: Receiver
) -> None:
    coin = Random(3)
    receiver.answer = lambda place: (coin.choice([200, 500]), {}, b"")
    made = {
        (await teller.runs.create(None, "echo", input={}, webhook=receiver.url, on_completion="keep"))["run_id"]
        for _ in range(40)
    }
    telling.until(lambda: len(receiver.received) >= 10)
    telling.workers[0].kill()
    telling.ensure_workers(1)

    # An attempt that was under way is thought lost after a minute.
    telling.until(lambda: len({body["run_id"] for body in receiver.bodies} & made) == 40, patience=100)

    assert len({(orjson.loads(body)["run_id"], headers["webhook-id"]) for _, headers, body in receiver.received}) == 40
    assert {body["status"] for body in receiver.bodies} == {"success"}


async def test_a_forbidden_destination_is_refused(telling: Installation) -> None:
    async with telling.http() as http:
        response = await http.post("/runs", json={"assistant_id": "echo", "webhook": "http://169.254.169.254/"})

    assert (response.status_code, response.json()["detail"]) == (422, "Webhook host blocked: blocked IP range")


@pytest.mark.parametrize("path", ["/runs", "/runs/wait", "/runs/stream"])
async def test_loopback_is_closed_by_default(http: httpx.AsyncClient, path: str) -> None:
    response = await http.post(path, json={"assistant_id": "echo", "webhook": "http://localhost:1/"})

    assert (response.status_code, response.json()["detail"]) == (422, "Webhook host blocked: loopback IP range")


def test_a_wrong_configuration_stops_the_start(tmp_path: Path) -> None:
    wrong = {"headers": {"X": "${{ env.LG_WEBHOOK_MISSING }}"}}
    settings = {"LANGGRAPH_WEBHOOKS": orjson.dumps(wrong).decode()}
    with patch.dict(os.environ), installed(tmp_path, settings=settings) as installation:
        process = installation.start_web()
        assert process.wait() != 0
        assert "the environment has no LG_WEBHOOK_MISSING" in process.log.read_text()
