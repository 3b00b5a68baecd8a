"""API keys: made by a command, good for what they say, and no more after their end."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError

from assistants.builtin import assistant_id_of
from langgraph_server.supervision import COMMAND
from tests.support.installation import Installation

RUN = {"assistant_id": "echo", "input": {"said": 1}}


def given(installation: Installation, service: str, *, scopes: Sequence[str] = ("*",), expired: bool = False) -> str:
    """As the command makes one, without the seconds that a process takes to start."""
    key_id = secrets.token_hex(6)
    key = f"lgs_{key_id}_{secrets.token_urlsafe(32)}"
    installation.rows(
        "INSERT INTO access_apikey (key_id, digest, name, service, scopes, expires_at) VALUES (%s, %s, '', %s, %s, "
        "CASE WHEN %s THEN now() END) RETURNING id",
        *(key_id, hashlib.sha256(key.encode()).hexdigest(), service, json.dumps(scopes), expired),
    )
    return key


def apikey(installation: Installation, *arguments: str) -> str:
    process = installation.start_process("apikey", *COMMAND, "apikey", *arguments)
    assert process.wait() == 0, process.log.read_text()
    return process.log.read_text().strip().splitlines()[-1]


@asynccontextmanager
async def holding(installation: Installation, key: str) -> AsyncIterator[httpx.AsyncClient]:
    async with installation.http() as http:
        http.headers["x-api-key"] = key
        yield http


@pytest.fixture(scope="module")
def key(locked: Installation) -> str:
    return apikey(locked, "create", "--service", "robot")


async def test_a_key_opens_both_halves_of_the_api(locked: Installation, key: str) -> None:
    async with holding(locked, key) as http:
        thread = (await http.post("/threads", json={})).json()
        assert thread["metadata"] == {"owner": "service:robot"}
        assert (await http.get(f"/threads/{thread['thread_id']}")).status_code == 200
        waited = await http.post(f"/threads/{thread['thread_id']}/runs/wait", json=RUN)
        assert waited.json()["said"] == 1


async def test_the_sdk_sends_a_key(locked: Installation, key: str) -> None:
    async with locked.client(api_key=key) as client:
        assert [each["name"] for each in await client.assistants.search(graph_id="echo")] == ["echo"]


async def test_a_key_may_come_as_a_bearer_token(locked: Installation, key: str) -> None:
    async with locked.http() as http:
        response = await http.post("/threads/search", json={}, headers={"authorization": f"Bearer {key}"})
    assert response.status_code == 200


async def test_owners_of_keys_see_their_own_things_only(locked: Installation, key: str) -> None:
    other = given(locked, "rival")
    async with holding(locked, key) as mine, holding(locked, other) as theirs:
        thread_id = (await mine.post("/threads", json={})).json()["thread_id"]
        await mine.put("/store/items", json={"namespace": ["n"], "key": "k", "value": {"v": 1}})

        assert (await theirs.get(f"/threads/{thread_id}")).status_code == 404
        assert (await theirs.post(f"/threads/{thread_id}/runs/wait", json=RUN)).status_code == 404
        assert (await theirs.get("/store/items?namespace=n&key=k")).json() is None
        item = (await mine.get("/store/items?namespace=n&key=k")).json()
        assert item["namespace"] == ["service:robot", "n"]
        again = (await mine.get(f"/store/items?namespace={'.'.join(item['namespace'])}&key=k")).json()
        assert again == item


async def test_two_keys_of_one_owner_see_the_same(locked: Installation, key: str) -> None:
    second = given(locked, "robot")
    async with holding(locked, key) as http, holding(locked, second) as again:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        assert (await again.get(f"/threads/{thread_id}")).status_code == 200


async def test_nobody_gives_a_thing_away_or_to_all(locked: Installation, key: str) -> None:
    async with holding(locked, key) as http:
        body = {"graph_id": "echo", "metadata": {"created_by": "system", "owner": "service:rival"}}
        assistant = (await http.post("/assistants", json=body)).json()
        assert assistant["metadata"] == {"owner": "service:robot"}
        assert (await http.patch(f"/assistants/{assistant_id_of('echo')}", json={"name": "x"})).status_code == 404


async def test_a_scope_is_a_limit(locked: Installation) -> None:
    reader = given(locked, "robot", scopes=["threads:read"])
    async with holding(locked, reader) as http:
        assert (await http.post("/threads/search", json={})).status_code == 200
        for path in ("/threads", "/runs/wait", "/runs"):
            refused = await http.post(path, json={} if path == "/threads" else RUN)
            assert (refused.status_code, refused.json()) == (403, {"detail": "Forbidden"})
        assert (await http.post("/store/items/search", json={})).status_code == 403
        assert (await http.post("/assistants/search", json={})).status_code == 403


@pytest.mark.parametrize("path", ["/threads/search", "/threads"])
async def test_a_revoked_key_opens_nothing_any_more(locked: Installation, path: str) -> None:
    key = given(locked, "fired")
    async with holding(locked, key) as http:
        assert (await http.post(path, json={})).status_code == 200
        locked.rows("UPDATE access_apikey SET revoked_at = now() WHERE service = 'fired' RETURNING id")
        assert (await http.post(path, json={})).status_code == 401


async def test_what_a_key_holds_open_ends_with_it(locked: Installation) -> None:
    key, other = given(locked, "leaving"), given(locked, "staying")
    run = {"assistant_id": "sleepy", "input": {"seconds": 8}}
    async with holding(locked, key) as http, holding(locked, other) as neighbour:
        thread_id = (await http.post("/threads", json={})).json()["thread_id"]
        stays = asyncio.create_task(neighbour.post("/runs/wait", json=run))
        socket = f"{locked.url.replace('http', 'ws')}/threads/{thread_id}/stream/events"
        async with connect(socket, additional_headers={"x-api-key": key}) as events:
            async with http.stream("POST", f"/threads/{thread_id}/runs/stream", json=run) as stream:
                lines = stream.aiter_lines()
                assert await anext(lines) == "event: metadata"
                locked.rows("UPDATE access_apikey SET revoked_at = now() WHERE service = 'leaving' RETURNING id")
                rest = [line async for line in lines]
            with pytest.raises(ConnectionClosedError, match="the key is not good any more"):
                [event async for event in events]
        assert "slept" not in "".join(rest)
        assert (await stays).json()["slept"]
    [(status,)] = locked.rows("SELECT status FROM runs_run WHERE thread_id = %s", thread_id)
    assert status in {"running", "success"}


async def test_an_expired_key_opens_nothing(locked: Installation) -> None:
    key = given(locked, "past", expired=True)
    async with holding(locked, key) as http:
        assert (await http.post("/threads/search", json={})).status_code == 401
