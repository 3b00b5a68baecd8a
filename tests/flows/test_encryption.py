"""Secrets told in every way there is: clients and receivers read them, Postgres and Redis never do."""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from langgraph_sdk.client import LangGraphClient

from assistants.builtin import assistant_id_of
from langgraph_server import serving
from tests.support.installation import IMPATIENT, Installation, installed
from tests.support.protocol import following, new_thread, start
from tests.webhooks.conftest import Receiver, receiving

APPLICATION = Path(__file__).parents[1] / "applications" / "guarding"
SECRET = "canary-7f3a"
KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "another key: 16b"
AES = {"LANGGRAPH_CONFIG": str(APPLICATION / "langgraph.json"), "LANGGRAPH_AES_JSON_KEYS": "secret"}
OWN = {"LANGGRAPH_CONFIG": str(APPLICATION / "own.json")}
CONTEXT = {"X-Encryption-Context": base64.b64encode(json.dumps({"tenant": "acme"}).encode()).decode()}
KINDS = ["aes", "own"]
STREAM: Any = {"stream_mode": ["values", "messages-tuple"], "stream_resumable": True}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Installation]]:
    """All start at once: two applications, and a web process of the first that has a newer key."""
    with ExitStack() as stack:
        made = {
            kind: stack.enter_context(installed(tmp_path_factory.mktemp(kind), settings={**IMPATIENT, **settings}))
            for kind, settings in (("aes", {**AES, "LANGGRAPH_AES_KEY": KEY}), ("own", OWN))
        }
        made["heir"] = stack.enter_context(beside(made["aes"], tmp_path_factory.mktemp("heir"), f"{OTHER_KEY},{KEY}"))
        workers = [(server, server.start_worker()) for server in (made["aes"], made["own"])]
        for server in made.values():
            server.start_web()
        for server in made.values():
            server.await_web()
        for server, worker in workers:
            server.await_worker(worker)
        yield made


@contextmanager
def beside(server: Installation, folder: Path, keys: str) -> Iterator[Installation]:
    """Another door to the same rows."""
    settings = {**server.settings, "LANGGRAPH_AES_KEY": keys}
    uris = {"database_uri": server.database_uri, "redis_uri": server.redis_uri}
    with serving.listening("127.0.0.1", 0) as listener:
        made = Installation(folder, listener, settings=settings, **uris)
        made.prefix = server.prefix
        yield made
        made.close()


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, shared: dict[str, Installation]) -> Installation:
    return shared[request.param]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"{text} {SECRET}"}]}


def last(values: Any) -> str:
    return str(values["messages"][-1]["content"])


async def asked(client: LangGraphClient) -> str:
    """A thread whose graph waits for an answer about the secret."""
    thread = await client.threads.create(metadata={"secret": SECRET, "shown": "yes"})
    config: Any = {"configurable": {"token": f"token {SECRET}"}}
    told = [
        part
        async for part in client.runs.stream(
            thread["thread_id"], "confiding", input=said("ask"), config=config, **STREAM
        )
    ]
    assert any(part.event == "messages" and SECRET in json.dumps(part.data) for part in told)
    assert told[-1].data["__interrupt__"][0]["value"] == {"question": f"whom may I tell ask {SECRET}?"}
    return thread["thread_id"]


async def test_a_conversation_is_readable_for_its_client(server: Installation) -> None:
    async with server.client(headers=CONTEXT) as client:
        thread_id = await asked(client)
        waiting: Any = await client.threads.get(thread_id)
        assert waiting["metadata"]["secret"] == SECRET
        assert waiting["values"]["told"] == {"kept": f"ask {SECRET}", "token": f"token {SECRET}", "hint": ""}
        [[interrupt]] = waiting["interrupts"].values()
        assert SECRET in interrupt["value"]["question"]
        assert waiting["config"]["configurable"]["token"] == f"token {SECRET}"

        answered: Any = await client.runs.wait(thread_id, "confiding", command={"resume": f"nobody, {SECRET}"})
        assert answered["answer"] == f"nobody, {SECRET}"
        runs: Any = await client.runs.list(thread_id)
        resumed, first = runs
        assert resumed["kwargs"]["command"] == {"resume": f"nobody, {SECRET}"}
        assert first["kwargs"]["input"] == said("ask")
        assert "$encryption" not in first["kwargs"]
        joined = [part async for part in client.runs.join_stream(thread_id, first["run_id"], last_event_id="-1")]
        assert SECRET in json.dumps(joined[-1].data)

        history: Any = await client.threads.get_history(thread_id, limit=20)
        assert history[0]["values"]["note"] == f"ask {SECRET}"
        assert history[0]["metadata"]["token"] == f"token {SECRET}"
        before = next(state for state in history if state["next"] == ["listen"])
        forked: Any = await client.runs.wait(
            thread_id,
            "confiding",
            checkpoint_id=before["checkpoint"]["checkpoint_id"],
            input=said("tell"),
            context={"hint": f"hint {SECRET}"},
        )
        assert forked["told"]["hint"] == f"hint {SECRET}"
        await client.threads.update_state(thread_id, {"note": f"noted {SECRET}"})

        copied: Any = await client.threads.copy(thread_id)  # type: ignore[func-returns-value] # it does
        state: Any = await client.threads.get_state(copied["thread_id"])
        assert state["values"]["note"] == f"noted {SECRET}"
        assert await client.threads.search(metadata={"shown": "yes"}, values={"note": f"noted {SECRET}"}) == []


async def test_a_thread_that_is_looked_at_again_is_encrypted_as_its_runs_were(server: Installation) -> None:
    async with server.client(headers=CONTEXT) as client:
        thread_id = (await client.threads.create())["thread_id"]
        for word in ("first", "second"):
            await client.runs.wait(thread_id, "confiding", input=said(word))
        [second, _] = await client.runs.list(thread_id)
        await client.runs.delete(thread_id, second["run_id"])
        behind = "SELECT refresh_at IS NOT NULL FROM threads_thread WHERE thread_id = %s"
        server.until(lambda: not server.value(behind, thread_id))
        thread: Any = await client.threads.get(thread_id)

    assert thread["values"]["note"] == f"first {SECRET}"


async def test_items_are_readable_by_key_and_namespace_but_found_by_no_filter(server: Installation) -> None:
    async with server.client(headers=CONTEXT) as client:
        await client.store.put_item(("secrets", "mine"), "one", {"said": SECRET})
        assert (await client.store.get_item(("secrets", "mine"), "one"))["value"] == {"said": SECRET}
        found = await client.store.search_items(("secrets", "mine"))
        assert [item["value"] for item in found["items"]] == [{"said": SECRET}]
        assert (await client.store.search_items(("secrets", "mine"), filter={"said": SECRET}))["items"] == []


async def test_a_receiver_and_a_cron_get_what_was_told(server: Installation, receiver: Receiver) -> None:
    async with server.client(headers=CONTEXT) as client:
        assistant: Any = await client.assistants.create("confiding", context={"hint": f"of the assistant {SECRET}"})
        assert assistant["context"] == {"hint": f"of the assistant {SECRET}"}
        cron: Any = await client.crons.create(
            assistant["assistant_id"],
            schedule="0 0 1 1 *",
            input=said("by a cron"),
            webhook=f"{receiver.url}/hook",
            on_run_completed="keep",
        )
        assert cron["payload"]["input"] == said("by a cron")
        server.rows("UPDATE crons_cron SET next_run_date = now() RETURNING 1")
        with Celery("probe", broker=server.redis_uri, set_as_current=False) as probe:
            probe.conf.broker_transport_options = {"global_keyprefix": server.prefix}
            probe.send_task("crons.fire_due", queue="chores")
        told = len(receiver.received)
        server.until(lambda: len(receiver.received) > told)
        body = receiver.bodies[-1]
        assert body["values"]["told"]["hint"] == f"of the assistant {SECRET}"
        assert body["kwargs"]["input"] == said("by a cron")
        assert "$encryption" not in body["kwargs"]


async def test_other_agents_and_their_receivers_read_along(server: Installation, receiver: Receiver) -> None:
    push = {"pushNotificationConfig": {"url": f"{receiver.url}/task"}}
    asked = {"role": "user", "messageId": "1", "parts": [{"kind": "text", "text": f"ask {SECRET}"}]}
    told = len(receiver.received)
    path = f"/a2a/{assistant_id_of('confiding')}"
    async with server.http() as http:
        sent = await http.post(path, json=rpc("message/send", message=asked, configuration=push), headers=CONTEXT)
        task = sent.json()["result"]
        again = {**asked, "messageId": "2", "taskId": task["id"], "parts": [{"kind": "text", "text": "nobody"}]}
        accepting = {**CONTEXT, "accept": "text/event-stream"}
        streamed = await http.post(path, json=rpc("message/stream", message=again), headers=accepting)
        arguments = {"messages": f"tell {SECRET}"}
        accepting = {**CONTEXT, "accept": "application/json"}
        called = await http.post(
            "/mcp", json=rpc("tools/call", name="confiding", arguments=arguments), headers=accepting
        )

    assert SECRET in task["artifacts"][0]["parts"][0]["data"]["value"]["question"]
    assert SECRET in streamed.text
    assert "$sealed" not in streamed.text
    assert f"I shall not tell tell {SECRET}" in called.json()["result"]["content"][0]["text"]
    server.until(lambda: len(receiver.received) == told + 2)
    assert {body["status"]["state"] for body in receiver.bodies[told:]} == {"input-required", "completed"}
    assert all(SECRET in json.dumps(body) for body in receiver.bodies[told:])


def rpc(method: str, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


async def test_followers_by_the_event_protocol_read_live_and_kept_events(server: Installation) -> None:
    async with server.http() as http:
        http.headers.update(CONTEXT)
        thread_id = new_thread()
        async with following(http, thread_id) as live:
            await start(http, thread_id, "confiding", input=said("tell"))
            told = await live.until_ends()
        async with following(http, thread_id) as late:
            kept = await late.until_ends()

    for envelopes in (told, kept):
        assert SECRET in json.dumps([each for each in envelopes if each["method"] == "values"])
        assert "$sealed" not in json.dumps(envelopes)


async def test_an_error_is_told_and_kept_secret(server: Installation) -> None:
    async with server.client(headers=CONTEXT) as client:
        thread_id = (await client.threads.create())["thread_id"]
        told: Any = await client.runs.wait(thread_id, "confiding", input=said("fail"), raise_error=False)
        assert told["__error__"] == {"error": "ValueError", "message": f"cannot keep fail {SECRET}"}
        thread: Any = await client.threads.get(thread_id)
        assert thread["error"]["message"] == f"cannot keep fail {SECRET}"


async def test_nobody_forges_what_looks_encrypted(server: Installation) -> None:
    async with server.client(headers=CONTEXT) as client:
        thread_id = await asked(client)
        [(document,)] = server.rows("SELECT config::text FROM threads_thread WHERE thread_id = %s", thread_id)
        stolen = json.loads(document)["configurable"]["token"]
        thread = await client.threads.create(metadata={"shown": stolen, "owner": {"deep": stolen}})
        shown = (await client.threads.get(thread["thread_id"]))["metadata"]
        assert shown == {"shown": stolen, "owner": {"deep": stolen}}
    async with server.http() as http:
        refused = await http.post("/threads", json={"metadata": stolen}, headers=CONTEXT)
    assert refused.status_code == 422


@pytest.mark.parametrize("kind", KINDS)
async def test_neither_postgres_nor_redis_holds_a_secret(shared: dict[str, Installation], kind: str) -> None:
    server = shared[kind]
    async with server.client(headers=CONTEXT) as client:
        await asked(client)
    server.until_settled()

    assert leaks_in_postgres(server) == []
    assert leaks_in_redis(server) == []
    assert server.value("SELECT count(*) FROM runs_runevent WHERE data LIKE '$sealed:%%'") > 0


def leaks_in_postgres(server: Installation) -> list[str]:
    """Whole rows as text, where bytes are hexadecimal."""
    tables = [name for (name,) in server.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    found = "SELECT count(*) FROM \"{}\" t WHERE t::text LIKE '%%{}%%' OR t::text LIKE '%%{}%%'"
    return [name for name in tables if server.value(found.format(name, SECRET, SECRET.encode().hex()))]


def leaks_in_redis(server: Installation) -> list[bytes]:
    with redis.Redis.from_url(server.redis_uri) as connection:
        keys = list(connection.scan_iter(f"{server.prefix}*"))
        assert any(connection.type(key) == b"stream" for key in keys)
        return [key for key in keys if SECRET.encode() in content(connection, key)]


def content(connection: Any, key: bytes) -> bytes:
    readers = {
        b"stream": lambda: connection.xrange(key),
        b"string": lambda: connection.get(key),
        b"hash": lambda: connection.hgetall(key),
        b"list": lambda: connection.lrange(key, 0, -1),
        b"set": lambda: connection.smembers(key),
        b"zset": lambda: connection.zrange(key, 0, -1),
    }
    return repr(readers[connection.type(key)]()).encode()


async def test_a_new_key_goes_before_the_old_one(shared: dict[str, Installation]) -> None:
    async with shared["aes"].client() as client:
        thread_id = await asked(client)
    async with shared["heir"].client() as client:
        state: Any = await client.threads.get_state(thread_id)
        assert state["values"]["note"] == f"ask {SECRET}"
        await client.threads.update_state(thread_id, {"note": f"anew {SECRET}"})
        state = await client.threads.get_state(thread_id)
        assert state["values"]["note"] == f"anew {SECRET}"


async def test_without_the_key_rows_are_refused_and_runs_fail_with_a_word(shared: dict[str, Installation]) -> None:
    async with shared["heir"].client() as client:
        thread_id = (await client.threads.create(metadata={"secret": SECRET}))["thread_id"]
        run: Any = await client.runs.wait(None, "confiding", input=said("tell"), raise_error=False)
        await client.runs.wait(thread_id, "confiding", input=said("tell"), raise_error=False)
    assert run["__error__"]["error"] == "Unreadable"
    async with shared["aes"].http() as http:
        for path in ("", "/runs"):
            refused = await http.get(f"/threads/{thread_id}{path}")
            assert (refused.status_code, "is not configured" in refused.text) == (503, True)


async def test_a_context_is_an_object(shared: dict[str, Installation]) -> None:
    async with shared["own"].http() as http:
        for header in ("[1]", "no json", "eyJ"):
            refused = await http.post("/threads/search", json={}, headers={"X-Encryption-Context": header})
            assert refused.status_code == 422


def test_no_process_had_trouble(shared: dict[str, Installation]) -> None:
    """What cannot be read is a 503 to its client, and no bug."""
    assert [record for server in shared.values() for record in server.troubles()] == []
