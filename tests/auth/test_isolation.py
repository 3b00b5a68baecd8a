"""What belongs to somebody else looks exactly like what is not there."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.installation import Installation
from tests.support.routes import answered, filled, parameters

RUN = {"assistant_id": "echo", "input": {"said": 1}}
SAID = {"role": "user", "messageId": "m", "parts": [{"kind": "text", "text": "hello"}]}
SENT = {"jsonrpc": "2.0", "id": 1, "method": "message/send", "params": {"message": SAID}}
CRON = {"assistant_id": "echo", "schedule": "0 0 1 1 *"}
#: What a request needs to be understood; others have an empty object.
BODIES: Mapping[tuple[str, str], Any] = {
    ("post", "threads/<str:thread_id>/runs"): RUN,
    ("post", "threads/<str:thread_id>/runs/wait"): RUN,
    ("post", "threads/<str:thread_id>/runs/stream"): RUN,
    ("post", "threads/<str:thread_id>/runs/crons"): CRON,
    ("post", "a2a/<str:assistant_id>"): SENT,
    ("post", "threads/<str:thread_id>/state"): {"values": {"said": 2}},
    ("post", "threads/<str:thread_id>/state/checkpoint"): {"checkpoint": {"checkpoint_ns": ""}},
    ("patch", "threads/<str:thread_id>"): {"metadata": {"mine": True}},
    ("post", "threads/<str:thread_id>/commands"): {"id": 1, "method": "agent.getTree"},
    ("post", "threads/<str:thread_id>/stream/events"): {"channels": ["values", "lifecycle"]},
    ("patch", "assistants/<str:assistant_id>"): {"name": "mine"},
    ("post", "assistants/<str:assistant_id>/latest"): {"version": 1},
    ("patch", "runs/crons/<str:cron_id>"): {"schedule": "1 0 1 1 *"},
}
OF_SOMETHING = sorted({(method, pattern) for method, pattern in answered() if parameters(pattern)})
#: Seconds of a stream that says nothing.
QUIET = 1.2

Ids = Mapping[str, str]


@dataclass(frozen=True)
class Told:
    status: int
    body: str
    headers: frozenset[tuple[str, str]]


@pytest.fixture(scope="module")
def hers(guarded: Installation) -> Ids:
    """One of everything, with a past; each test sees that it is still as it was."""
    headers = {"authorization": "Bearer alice"}
    with httpx.Client(base_url=guarded.url, headers=headers, trust_env=False, verify=False, timeout=30) as alice:
        thread = alice.post("/threads", json={"metadata": {"m": "hers"}}).json()["thread_id"]
        alice.post(f"/threads/{thread}/runs/wait", json=RUN)
        run = alice.get(f"/threads/{thread}/runs").json()[0]["run_id"]
        state = alice.get(f"/threads/{thread}/state").json()
        assistant = alice.post("/assistants", json={"graph_id": "echo", "name": "hers"}).json()["assistant_id"]
        cron = alice.post(f"/threads/{thread}/runs/crons", json=CRON).json()["cron_id"]
    checkpoint = state["checkpoint"]["checkpoint_id"]
    made = {"thread_id": thread, "run_id": run, "assistant_id": assistant, "cron_id": cron}
    return {**made, "checkpoint_id": checkpoint, "namespace": "x"}


def missing() -> Ids:
    names = ("thread_id", "run_id", "assistant_id", "cron_id", "checkpoint_id")
    return {**{name: str(uuid4()) for name in names}, "namespace": "x"}


async def asked(http: httpx.AsyncClient, method: str, path: str, body: Any, ids: Ids) -> Told:
    content = {} if method == "get" else {"json": body}
    text = ""
    async with http.stream(method, path, **content) as response:
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET if path.endswith(("/stream", "/events")) else 30):
                async for part in response.aiter_text():
                    text += part
    for name, value in ids.items():
        text = text.replace(value, f"<{name}>")
    text = text.replace(": heartbeat\r\n\r\n", "")
    kept = {name: value for name, value in response.headers.items() if name in {"content-type", "location", "allow"}}
    return Told(response.status_code, text, frozenset(kept.items()))


@pytest.mark.parametrize(("method", "pattern"), OF_SOMETHING)
async def test_a_foreign_id_looks_like_a_missing_one(
    method: str, pattern: str, hers: Ids, alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    body, none = BODIES.get((method, pattern), {}), missing()

    foreign = await asked(bob, method, filled(pattern, hers), body, hers)
    nothing = await asked(bob, method, filled(pattern, none), body, none)

    assert foreign == nothing
    assert "hers" not in foreign.body
    await assert_untouched(alice, hers)


async def assert_untouched(alice: httpx.AsyncClient, hers: Ids) -> None:
    thread = (await alice.get(f"/threads/{hers['thread_id']}")).json()
    assert thread["metadata"].get("mine") is None
    assert thread["values"]["said"] == 1
    assert (await alice.get(f"/threads/{hers['thread_id']}/runs/{hers['run_id']}")).status_code == 200
    assert (await alice.get(f"/assistants/{hers['assistant_id']}")).json()["version"] == 1
    assert (await alice.get(f"/runs/crons/{hers['cron_id']}")).json()["schedule"] == CRON["schedule"]


NAMING = [
    ("/threads/search", lambda ids: {"ids": [ids["thread_id"]]}),
    ("/threads/search", lambda ids: {"metadata": {"m": "hers"}}),
    ("/threads/search", lambda ids: {"values": {"said": 1}, "metadata": {"owner": "alice"}}),
    ("/threads/count", lambda ids: {"metadata": {"m": "hers"}}),
    ("/threads/prune", lambda ids: {"thread_ids": [ids["thread_id"]]}),
    ("/threads/prune", lambda ids: {"thread_ids": [ids["thread_id"]], "strategy": "keep_latest"}),
    ("/runs/cancel", lambda ids: {"thread_id": ids["thread_id"], "run_ids": [ids["run_id"]]}),
    ("/runs", lambda ids: {**RUN, "assistant_id": ids["assistant_id"]}),
    ("/runs/wait", lambda ids: {**RUN, "assistant_id": ids["assistant_id"]}),
    ("/runs/stream", lambda ids: {**RUN, "assistant_id": ids["assistant_id"]}),
    ("/runs/batch", lambda ids: [{**RUN, "assistant_id": ids["assistant_id"]}]),
    ("/runs/crons", lambda ids: {**CRON, "assistant_id": ids["assistant_id"]}),
    ("/runs/crons/search", lambda ids: {"thread_id": ids["thread_id"]}),
    ("/runs/crons/search", lambda ids: {"assistant_id": ids["assistant_id"]}),
    ("/runs/crons/count", lambda ids: {"thread_id": ids["thread_id"]}),
    ("/assistants/search", lambda ids: {"name": "hers"}),
    ("/assistants/count", lambda ids: {"name": "hers"}),
]


@pytest.mark.parametrize(("path", "naming"), NAMING)
async def test_a_foreign_id_in_a_body_looks_like_a_missing_one(
    path: str, naming: Any, hers: Ids, alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    none = missing()

    foreign = await asked(bob, "post", path, naming(hers), hers)
    nothing = await asked(bob, "post", path, naming(none), none)

    assert foreign == nothing
    await assert_untouched(alice, hers)


async def test_a_foreign_run_in_ones_own_thread_looks_like_a_missing_one(hers: Ids, bob: httpx.AsyncClient) -> None:
    own = (await bob.post("/threads", json={})).json()["thread_id"]
    for method, pattern in OF_SOMETHING:
        if "run_id" in parameters(pattern) and "thread_id" in parameters(pattern):
            ids, none = {**hers, "thread_id": own}, {**missing(), "thread_id": own}
            foreign = await asked(bob, method, filled(pattern, ids), {}, ids)
            assert foreign == await asked(bob, method, filled(pattern, none), {}, none)


@pytest.mark.parametrize("if_exists", ["raise", "do_nothing"])
async def test_an_id_that_is_taken_shows_nothing_of_who_has_it(
    if_exists: str, hers: Ids, bob: httpx.AsyncClient
) -> None:
    thread = await bob.post("/threads", json={"thread_id": hers["thread_id"], "if_exists": if_exists})
    body = {"graph_id": "echo", "assistant_id": hers["assistant_id"], "if_exists": if_exists}
    assistant = await bob.post("/assistants", json=body)
    run = await bob.post(f"/threads/{hers['thread_id']}/runs", json={**RUN, "if_not_exists": "create"})

    assert (thread.status_code, assistant.status_code, run.status_code) == (409, 409, 404)
    assert "hers" not in thread.text + assistant.text


async def test_a_foreign_threads_stream_says_nothing_while_it_runs(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    thread_id = (await alice.post("/threads", json={})).json()["thread_id"]
    async with (
        alice.stream("GET", f"/threads/{thread_id}/stream") as own,
        bob.stream("GET", f"/threads/{thread_id}/stream") as foreign,
    ):
        hers, his = own.aiter_lines(), foreign.aiter_lines()
        # Both are heard: from a heartbeat on, nothing is missed.
        assert [await anext(hers), await anext(his)] == [": heartbeat"] * 2
        # Its events are kept, so they are told however late the stream learns of the run.
        await alice.post(f"/threads/{thread_id}/runs/wait", json={**RUN, "stream_resumable": True})
        await alice.post(f"/threads/{thread_id}/state", json={"values": {"said": 2}})
        async with asyncio.timeout(60):
            while await anext(hers) != "event: values":
                continue
        heard = [await anext(his) for _ in range(6)]
    assert {*heard} == {": heartbeat", ""}


async def test_an_assistant_goes_without_the_threads_of_others(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    assistant = (await alice.post("/assistants", json={"graph_id": "echo"})).json()["assistant_id"]
    claimed = {"metadata": {"assistant_id": assistant}}
    his = (await bob.post("/threads", json={})).json()["thread_id"]
    await bob.patch(f"/threads/{his}", json=claimed)
    own = (await alice.post("/threads", json={})).json()["thread_id"]
    await alice.post(f"/threads/{own}/runs/wait", json={**RUN, "assistant_id": assistant})

    assert (await alice.delete(f"/assistants/{assistant}?delete_threads=true")).status_code == 204
    assert (await alice.get(f"/threads/{own}")).status_code == 404
    assert (await bob.get(f"/threads/{his}")).status_code == 200


async def test_a_copy_belongs_to_who_made_it(hers: Ids, alice: httpx.AsyncClient) -> None:
    copied = (await alice.post(f"/threads/{hers['thread_id']}/copy")).json()

    assert copied["metadata"]["owner"] == "alice"
    assert copied["values"] == {"said": 1} or copied["values"]["said"] == 1
