"""Every secret that a deployment knows is told in every way, and found only where it has to be."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import pytest
import redis
from django.contrib.auth.hashers import make_password

from assistants.builtin import assistant_id_of
from tests.auth.test_keys import given
from tests.flows.test_encryption import content
from tests.support.installation import IMPATIENT, Installation, installed
from tests.webhooks.conftest import Receiver, receiving

GRAPHS = Path(__file__).parents[1] / "graphs"
GRAPH = """
import os
from langgraph.graph import START, StateGraph
class LoginError(Exception): ...
def login(state):
    raise LoginError(f"refused: {os.environ['SPOKEN']}")
graph = StateGraph(dict).add_node("login", login).add_edge(START, "login").compile()
"""
SIGNING = base64.b64encode(b"canary of signatures").decode()
#: By the setting that holds it.
OF_ENVIRONMENT = {
    "SECRET_KEY": "canary-0f1a-of-sessions",
    "LANGSMITH_API_KEY": "canary-1e2b",
    "LANGGRAPH_CLOUD_LICENSE_KEY": "canary-2d3c",
    "OPENAI_API_KEY": "canary-3c4d",
    "LG_WEBHOOK_TOKEN": "canary-4b5e",
    "SPOKEN": "canary-5a6f",
}
DATABASE, REDIS, FILE = "canary-6f7a", "canary-7e8b", "canary-8d9c"
COOKIE, HEADER, QUERY, PASSWORD = "canary-9c0d", "canary-a1e0", "canary-b2f1", "canary-c3a2"
WRONG_KEY, WRONG_PASSWORD, IN_URL = "canary-d4b3", "canary-e5c4", "canary-f6d5"
PUSH_TOKEN, PUSH_CREDENTIALS = "canary-07e6", "canary-18f7"

#: Where one has to be: a receiver's own, to be told to it; and what a graph says of its failure. That is for operators
#: (logs, rows), but the wire shows a failed task's `error` to clients too: in the state, and in the mode `debug`.
PLACES = {
    PUSH_TOKEN: {"webhooks_delivery", "runs_run"},
    PUSH_CREDENTIALS: {"webhooks_delivery", "runs_run"},
    OF_ENVIRONMENT["SPOKEN"]: {
        *{"worker", "runs_timelinepart", "runs_runevent", "checkpoint_writes", "redis"},
        *{"state", "stream"},
    },
}


def with_password(uri: str, user: str | None, password: str) -> str:
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(netloc=f"{user or parts.username}:{password}@{parts.netloc.rpartition('@')[2]}"))


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("trusted")
    (folder / "login.py").write_text(GRAPH)
    config = {
        "dependencies": ["."],
        "graphs": {"login": "./login.py:graph", "conversing": f"{GRAPHS}/conversing.py:graph"},
        "env": {"ANTHROPIC_API_KEY": FILE},
        "http": {"configurable_headers": {"includes": ["x-chosen"]}},
        "webhooks": {
            "url": {"disable_loopback": False, "require_https": False},
            "headers": {"X-Token": "${{ env.LG_WEBHOOK_TOKEN }}"},
        },
    }
    (folder / "langgraph.json").write_text(json.dumps(config))
    settings = {
        **IMPATIENT,
        **OF_ENVIRONMENT,
        "LANGGRAPH_CONFIG": str(folder / "langgraph.json"),
        "LANGGRAPH_AUTH_TYPE": "keys",
        "WEBHOOK_SECRETS": json.dumps({"127.0.0.1": SIGNING}),
    }
    with redis.Redis.from_url(os.environ["REDIS_URI"]) as connection:
        connection.acl_setuser(
            "canary", enabled=True, passwords=[f"+{REDIS}"], keys=["*"], channels=["*"], commands=["+@all"]
        )
        uri = with_password(os.environ["REDIS_URI"], "canary", REDIS)
        with installed(folder, redis_uri=uri, settings=settings) as installation:
            # Whoever comes from this machine is trusted: any password will do, and goes all ways that a true one goes.
            installation.database_uri = with_password(installation.database_uri, None, DATABASE)
            installation.start()
            yield installation
        connection.acl_deluser("canary")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class Caller:
    """Remembers all that it was answered."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        #: Each by the last word of its path.
        self.answers: list[tuple[str, str]] = []

    async def ask(self, method: str, path: str, expected: int, **options: Any) -> httpx.Response:
        response = await self.http.request(method, path, **options)
        self.answers.append((path.rpartition("/")[2], f"{response.headers.multi_items()} {response.text}"))
        assert response.status_code == expected, response.text
        return response


async def told_in_the_api(caller: Caller, receiver: Receiver, headers: dict[str, str]) -> None:
    named = {**headers, "cookie": f"sessionid={COOKIE}", "x-unchosen": HEADER}
    asking: Any = {"headers": named, "params": {"secret": QUERY}}
    thread_id = (await caller.ask("POST", "/threads", 200, json={}, **asking)).json()["thread_id"]
    run = {"assistant_id": "login", "input": {}, "stream_resumable": True}
    threaded = f"/threads/{thread_id}/runs"
    streamed = await caller.ask(
        "POST", f"{threaded}/stream", 200, json={**run, "stream_mode": ["values", "debug"]}, **asking
    )
    assert '{"error":"LoginError","message":"An internal error occurred"}' in streamed.text
    await caller.ask("POST", f"{threaded}/wait", 200, json={**run, "webhook": f"{receiver.url}/hook"}, **asking)
    await caller.ask("POST", "/runs/wait", 200, json=run, **asking)
    located = receiver.url.replace("//", f"//user:{IN_URL}@")
    await caller.ask("POST", threaded, 422, json={**run, "webhook": located}, **asking)
    cron = {"assistant_id": "login", "schedule": "0 0 1 1 *", "input": {}, "webhook": receiver.url}
    await caller.ask("POST", "/runs/crons", 200, json=cron, **asking)
    said = {"role": "user", "messageId": str(uuid4()), "parts": [{"kind": "text", "text": "hello"}]}
    basic = {"schemes": ["Basic"], "credentials": PUSH_CREDENTIALS}
    push = {"url": f"{receiver.url}/push", "token": PUSH_TOKEN, "authentication": basic}
    params = {"message": said, "configuration": {"pushNotificationConfig": push}}
    sending = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": params}
    await caller.ask("POST", f"/a2a/{assistant_id_of('conversing')}", 200, json=sending, **asking)
    for path in (
        f"/threads/{thread_id}",
        f"/threads/{thread_id}/state",
        threaded,
        "/info",
        "/ok",
        "/metrics",
        "/openapi.json",
    ):
        await caller.ask("GET", path, 200, **asking)
    for path in ("/threads/search", "/runs/crons/search", "/assistants/search"):
        await caller.ask("POST", path, 200, json={}, **asking)
    await caller.ask("GET", "/threads/none", 422, **asking)


async def told_at_the_door(caller: Caller) -> None:
    for headers in ({"x-api-key": WRONG_KEY}, {"authorization": f"Bearer {WRONG_KEY}"}):
        await caller.ask("POST", "/threads/search", 401, json={}, headers=headers)
        await caller.ask("POST", "/runs/wait", 401, json={"assistant_id": "login"}, headers=headers)


async def told_to_the_admin(caller: Caller) -> str:
    """The session's id, which its browser alone is given."""
    await caller.ask("GET", "/admin/login/", 200)
    form = {"username": "alice", "csrfmiddlewaretoken": caller.http.cookies["csrftoken"]}
    await caller.ask("POST", "/admin/login/", 200, data={**form, "password": WRONG_PASSWORD})
    entered = await caller.http.post("/admin/login/", data={**form, "password": PASSWORD})
    assert entered.status_code == 302
    for page in ("", "runs/run/", "webhooks/delivery/", "crons/cron/"):
        await caller.ask("GET", f"/admin/{page}", 200)
    return str(caller.http.cookies["sessionid"])


async def test_secrets_are_nowhere_but_where_they_have_to_be(trusted: Installation, receiver: Receiver) -> None:
    keys = [given(trusted, "robot"), given(trusted, "bearer")]
    trusted.rows(
        "INSERT INTO auth_user (username, password, is_superuser, is_staff, is_active, first_name, last_name, email, "
        "date_joined) VALUES ('alice', %s, true, true, true, '', '', '', now()) RETURNING id",
        make_password(PASSWORD),
    )
    async with trusted.http() as http:
        caller = Caller(http)
        await told_in_the_api(caller, receiver, {"x-api-key": keys[0]})
        await told_in_the_api(caller, receiver, {"authorization": f"Bearer {keys[1]}"})
        await told_at_the_door(caller)
        http.cookies.clear()
        session = await told_to_the_admin(caller)
    trusted.until(lambda: len(receiver.received) == 4)
    trusted.until_settled()
    carried = json.dumps([headers for _, headers, _ in receiver.received])
    assert all(secret in carried for secret in (OF_ENVIRONMENT["LG_WEBHOOK_TOKEN"], PUSH_TOKEN, PUSH_CREDENTIALS))

    places = {**PLACES, session: {"django_session"}}
    secrets = [
        *OF_ENVIRONMENT.values(), DATABASE, REDIS, FILE, SIGNING, COOKIE, HEADER, QUERY, PASSWORD, WRONG_KEY,
        WRONG_PASSWORD, IN_URL, PUSH_TOKEN, PUSH_CREDENTIALS, session, *keys,
    ]  # fmt: skip
    assert len(set(secrets)) > 20
    found = {(secret, place) for place, text in everything(trusted, caller) for secret in secrets if held(secret, text)}
    assert found == {(secret, place) for secret, allowed in places.items() for place in allowed}


def held(secret: str, text: str) -> bool:
    """Bytes are hexadecimal in a row as text."""
    return secret in text or secret.encode().hex() in text


def everything(server: Installation, caller: Caller) -> Iterator[tuple[str, str]]:
    """Each place by name, and what is there."""
    for (table,) in server.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        yield table, "\n".join(row for (row,) in server.rows(f'SELECT t::text FROM "{table}" t'))
    with redis.Redis.from_url(server.redis_uri) as connection:
        for key in connection.scan_iter(f"{server.prefix}*"):
            yield "redis", f"{key!r} {content(connection, key)!r}"
    for process in server.processes:
        yield process.name, process.log.read_text()
    yield from caller.answers
