"""What each may do: handlers' verdicts, their filters, and what they write into what is made."""

import httpx
import pytest

from tests.auth.conftest import calling
from tests.support.installation import Installation

STATES = ["/threads/search", "/threads"]


@pytest.mark.parametrize("path", STATES)
@pytest.mark.parametrize(
    ("word", "status", "detail"),
    [
        ("teapot", 418, "short and stout"),
        ("assertion", 403, "so it is asserted"),
        ("bug", 500, "Internal Server Error"),
        (
            "number",
            500,
            "Auth handler returned invalid result. Expected filter dict, None, or boolean. Got <class 'int'> instead.",
        ),
    ],
)
async def test_each_verdict_has_its_status(
    guarded: Installation, path: str, word: str, status: int, detail: str
) -> None:
    async with calling(guarded, f"alice:{word}") as http:
        response = await http.post(path, json={})

    assert (response.status_code, response.json()) == (status, {"detail": detail})


async def test_a_filter_that_cannot_be_applied_lets_nobody_see_anything(guarded: Installation) -> None:
    async with calling(guarded, "alice:nested") as http:
        assert (await http.post("/threads/search", json={})).status_code == 500


async def test_false_forbids(guarded: Installation, alice: httpx.AsyncClient) -> None:
    thread_id = (await alice.post("/threads", json={})).json()["thread_id"]
    async with calling(guarded, "alice:keeper") as http:
        response = await http.delete(f"/threads/{thread_id}")

    assert (response.status_code, response.json()) == (403, {"detail": "Forbidden"})
    assert (await alice.get(f"/threads/{thread_id}")).status_code == 200


async def test_what_a_handler_writes_is_stored(alice: httpx.AsyncClient) -> None:
    thread = (await alice.post("/threads", json={"metadata": {"m": 1, "owner": "bob"}})).json()
    assistant = (await alice.post("/assistants", json={"graph_id": "echo"})).json()
    patched = (await alice.patch(f"/threads/{thread['thread_id']}", json={"metadata": {"owner": "bob"}})).json()

    assert thread["metadata"] == {"m": 1, "owner": "alice"}
    assert assistant["metadata"] == {"owner": "alice"}
    assert patched["metadata"]["owner"] == "alice"


async def test_a_thread_that_is_made_for_a_run_belongs_to_its_maker(alice: httpx.AsyncClient) -> None:
    body = {"assistant_id": "echo", "input": {"said": 1}, "on_completion": "keep", "metadata": {"m": 1}}
    stateless = (await alice.post("/runs", json=body)).json()
    named = "7d0a2e0b-6a52-4f0d-8f0e-3b1d2c4f5a60"
    body = {"assistant_id": "echo", "input": {"said": 1}, "if_not_exists": "create"}
    await alice.post(f"/threads/{named}/runs/wait", json=body)

    for thread_id in (stateless["thread_id"], named):
        thread = (await alice.get(f"/threads/{thread_id}")).json()
        assert thread["metadata"]["owner"] == "alice"


async def test_operators_decide_what_is_seen(
    guarded: Installation, alice: httpx.AsyncClient, bob: httpx.AsyncClient, charlie: httpx.AsyncClient
) -> None:
    mine, his = [(await http.post("/threads", json={})).json()["thread_id"] for http in (alice, bob)]
    team = {"team": ["red", "green", "blue"]}
    theirs = (await charlie.post("/threads", json={"metadata": team})).json()["thread_id"]
    lone = (await charlie.post("/threads", json={"metadata": {"team": "red"}})).json()["thread_id"]
    body = {"ids": [mine, his, theirs, lone], "limit": 10}

    async with calling(guarded, "charlie:either") as http:
        either = {thread["thread_id"] for thread in (await http.post("/threads/search", json=body)).json()}
        count = (await http.post("/threads/count", json={"metadata": {"owner": "charlie"}})).json()
    async with calling(guarded, "alice:member") as http:
        members = {thread["thread_id"] for thread in (await http.post("/threads/search", json=body)).json()}

    assert either == {mine, his}
    assert count == 0
    assert members == {theirs}


async def test_the_store_is_scoped_by_the_namespace_that_a_handler_writes(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    await alice.put("/store/items", json={"namespace": ["notes"], "key": "k", "value": {"secret": 1}})
    await bob.put("/store/items", json={"namespace": ["notes"], "key": "own", "value": {}})

    assert (await alice.get("/store/items?namespace=notes&key=k")).json()["namespace"] == ["alice", "notes"]
    assert (await bob.get("/store/items?namespace=notes&key=k")).json() is None
    assert (await bob.get("/store/items?namespace=alice.notes&key=k")).json() is None
    for prefix in ([], ["notes"], ["alice"]):
        found = (await bob.post("/store/items/search", json={"namespace_prefix": prefix})).json()["items"]
        assert [item["key"] for item in found] in ([], ["own"])
    listed = (await bob.post("/store/namespaces", json={})).json()["namespaces"]
    assert listed == [["bob", "notes"]]
    await bob.request("DELETE", "/store/items", json={"namespace": ["notes"], "key": "k"})
    assert (await alice.get("/store/items?namespace=notes&key=k")).json()["value"] == {"secret": 1}


async def test_an_idempotency_key_of_somebody_else_finds_nothing(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    body, key = {"assistant_id": "echo", "input": {"said": 1}}, {"Idempotency-Key": "the same"}
    first, again = [(await alice.post("/runs", json=body, headers=key)).json()["run_id"] for _ in range(2)]
    other = (await bob.post("/runs", json=body, headers=key)).json()["run_id"]

    assert first == again != other


async def test_system_assistants_run_for_everybody_and_are_listed_for_none(alice: httpx.AsyncClient) -> None:
    assert (await alice.post("/assistants/search", json={"metadata": {"created_by": "system"}})).json() == []
    run = await alice.post("/runs/wait", json={"assistant_id": "echo", "input": {"said": 1}})
    assert run.status_code == 200
