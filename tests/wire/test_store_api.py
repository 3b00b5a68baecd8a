"""The long-term store over HTTP, and the same items in graphs."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

from tests.wire.test_threads import INSTANT


@pytest.fixture
def root() -> str:
    """A namespace that no other test uses."""
    return f"of-{uuid4()}"


async def found(client: LangGraphClient, *prefix: str, **options: Any) -> list[str]:
    return [item["key"] for item in (await client.store.search_items(prefix, **options))["items"]]


async def test_an_item_is_put_read_changed_and_deleted(client: LangGraphClient, root: str) -> None:
    await client.store.put_item([root, "b"], "k", {"x": 1, "n": {"d": 2}})
    first: Any = await client.store.get_item([root, "b"], "k")
    await client.store.put_item([root, "b"], "k", {"x": 2}, index=False, ttl=5)
    second = await client.store.get_item([root, "b"], "k", refresh_ttl=True)
    await client.store.delete_item([root, "b"], "k")
    await client.store.delete_item([root, "b"], "k")
    gone: Any = await client.store.get_item([root, "b"], "k")

    for instant in ("created_at", "updated_at"):
        assert INSTANT.fullmatch(first[instant])
    assert {**first, "created_at": "", "updated_at": ""} == {
        "namespace": [root, "b"], "key": "k", "value": {"x": 1, "n": {"d": 2}}, "created_at": "", "updated_at": ""
    }  # fmt: skip
    assert (second["value"], second["created_at"]) == ({"x": 2}, first["created_at"])
    assert second["updated_at"] > first["updated_at"]
    assert gone is None


async def test_a_search_finds_by_prefix_and_filter_in_order(client: LangGraphClient, root: str) -> None:
    for n in range(12):
        await client.store.put_item([root, "even" if n % 2 == 0 else "odd"], f"k{n}", {"n": n})

    assert await found(client, root) == [f"k{n}" for n in range(10)]
    assert await found(client, root, limit=0) == [f"k{n}" for n in range(10)]
    assert await found(client, root, limit=2, offset=11) == ["k11"]
    assert await found(client, root, "odd", filter={"n": {"$gte": 3, "$lt": 8}}) == ["k3", "k5", "k7"]
    assert await found(client, root, filter={"n": 4}, query="four", refresh_ttl=False) == ["k4"]
    item = (await client.store.search_items([root], limit=1))["items"][0]
    assert list(item) == ["namespace", "key", "value", "created_at", "updated_at", "score"]
    assert item["score"] is None


async def test_namespaces_are_listed(client: LangGraphClient, root: str) -> None:
    for labels in (["b"], ["a", "x"], ["a"]):
        await client.store.put_item([root, *labels], "k", {})

    everything = await client.store.list_namespaces(prefix=[root])
    by_suffix = await client.store.list_namespaces(prefix=[root], suffix=["*", "x"])
    cut = await client.store.list_namespaces(prefix=[root], max_depth=1, limit=5)

    assert everything == {"namespaces": [[root, "a"], [root, "a", "x"], [root, "b"]]}
    assert by_suffix == {"namespaces": [[root, "a", "x"]]}
    assert cut == {"namespaces": [[root]]}


def test_the_synchronous_client_speaks_it_too(sync_client: SyncLangGraphClient, root: str) -> None:
    sync_client.store.put_item([root], "k", {"x": 1})

    assert sync_client.store.get_item([root], "k")["value"] == {"x": 1}
    assert len(sync_client.store.search_items([root])["items"]) == 1
    sync_client.store.delete_item([root], "k")
    assert sync_client.store.list_namespaces(prefix=[root])["namespaces"] == []


async def test_graphs_and_clients_share_the_items(client: LangGraphClient, root: str) -> None:
    await client.store.put_item(["people", root], "tall", {"said": "tall"})

    values: Any = await client.runs.wait(None, "remembering", input={"who": root, "said": "kind"})

    assert values["known"] == ["tall", "kind"]
    assert (await client.store.get_item(["people", root], "kind"))["value"] == {"said": "kind"}


LABEL = "Namespace label '{}' must be a non-empty string without periods"
ITEM = {"namespace": ["a"], "key": "k", "value": {}}


@pytest.mark.parametrize(
    ("method", "path", "body", "label"),
    [
        ("PUT", "/store/items", {**ITEM, "namespace": ["a", "b.c"]}, "b.c"),
        ("PUT", "/store/items", {**ITEM, "namespace": [""]}, ""),
        ("DELETE", "/store/items", {"namespace": ["a.b"], "key": "k"}, "a.b"),
        ("POST", "/store/items/search", {"namespace_prefix": ["a.b"]}, "a.b"),
        ("POST", "/store/namespaces", {"prefix": ["a.b"]}, "a.b"),
        ("POST", "/store/namespaces", {"suffix": [""]}, ""),
        ("GET", "/store/items?namespace=a..b&key=k", None, ""),
        ("GET", "/store/items?key=k", None, ""),
        ("GET", "/store/items", None, ""),
    ],
)
async def test_a_bad_label_is_told_in_plain_text(
    http: httpx.AsyncClient, method: str, path: str, body: Any, label: str
) -> None:
    response = await http.request(method, path, json=body)

    assert (response.status_code, response.text) == (422, LABEL.format(label))
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({**ITEM, "namespace": []}, 400, "Namespace cannot be empty."),
        (
            {**ITEM, "namespace": ["langgraph", "x"]},
            400,
            "Root label for namespace cannot be \"langgraph\". Got: ('langgraph', 'x')",
        ),
        ({**ITEM, "key": "k" * 5000}, 400, "A namespace and a key may have 2000 bytes together."),
        ({"namespace": ["a"], "key": "k"}, 422, "value: This field is required."),
        ({"namespace": ["a"], "value": {}}, 422, "key: This field is required."),
        ({"key": "k", "value": {}}, 422, "namespace: This field is required."),
        ({**ITEM, "namespace": "a"}, 422, None),
        ({**ITEM, "namespace": [1]}, 422, None),
        ({**ITEM, "key": 1}, 422, None),
        ({**ITEM, "value": []}, 422, "value: must be an object"),
        ({**ITEM, "value": None}, 422, None),
        ({**ITEM, "index": True}, 422, None),
        ({**ITEM, "ttl": "x"}, 422, None),
    ],
)
async def test_what_cannot_be_put_is_refused(
    http: httpx.AsyncClient, body: dict[str, Any], status: int, told: str | None
) -> None:
    response = await http.put("/store/items", json=body)

    assert response.status_code == status
    assert told in (None, response.json()["detail"])


@pytest.mark.parametrize(
    "odd", [{"ttl": 0}, {"ttl": -5}, {"ttl": 1e300}, {"index": None}, {"index": ["x"]}, {"more": 1}]
)
async def test_odd_but_harmless_items_are_kept(http: httpx.AsyncClient, root: str, odd: dict[str, Any]) -> None:
    response = await http.put("/store/items", json={**ITEM, "namespace": [root], "key": "", **odd})

    assert (response.status_code, response.content) == (204, b"")


async def test_a_read_needs_a_key(http: httpx.AsyncClient) -> None:
    for path in ("/store/items?namespace=a", "/store/items?namespace=a&key="):
        response = await http.get(path)
        assert (response.status_code, response.json()) == (400, {"error": "Key is required"})


async def test_odd_reads_find_nothing(http: httpx.AsyncClient) -> None:
    for path in ("namespace=langgraph&key=k", "namespace=a&key=%00", "namespace=%00&key=k", "namespace=a&key=%ff"):
        response = await http.get(f"/store/items?{path}")
        assert (response.status_code, response.content) == (200, b"null")


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ({"filter": {"x": {"$in": [1]}}}, 400, "Unsupported operator: $in"),
        ({"filter": {"x": {"$gt": "abc"}}}, 400, "could not convert string to float: 'abc'"),
        ({"filter": []}, 422, "filter: must be an object"),
        ({"namespace_prefix": "a"}, 422, None),
        ({"limit": "x"}, 422, None),
        ({"limit": None}, 422, None),
        ({"offset": -1}, 422, None),
    ],
)
async def test_searches_that_make_no_sense_are_refused(
    http: httpx.AsyncClient, body: dict[str, Any], status: int, told: str | None
) -> None:
    response = await http.post("/store/items/search", json={"namespace_prefix": [], **body})

    assert response.status_code == status
    assert told in (None, response.json()["detail"])


async def test_a_search_without_a_prefix_is_one_of_everything(http: httpx.AsyncClient) -> None:
    bodies: list[dict[str, Any]] = [
        {},
        {"namespace_prefix": None},
        {"namespace_prefix": [], "filter": None, "query": None},
    ]
    for body in bodies:
        assert (await http.post("/store/items/search", json=body)).status_code == 200


async def test_a_delete_takes_a_body(http: httpx.AsyncClient) -> None:
    no_body = await http.delete("/store/items?namespace=a&key=k")
    no_key = await http.request("DELETE", "/store/items", json={"namespace": ["a"]})
    no_namespace = await http.request("DELETE", "/store/items", json={"key": "k"})
    posted = await http.post("/store/items", json=ITEM)

    assert (no_body.status_code, no_body.json()) == (422, {"detail": "Invalid JSON in request body"})
    assert no_key.status_code == 422
    assert no_namespace.status_code == 204
    assert posted.status_code == 405
    assert "PUT" in posted.headers["allow"]


async def test_max_depth_may_be_nothing(http: httpx.AsyncClient, root: str) -> None:
    await http.put("/store/items", json={**ITEM, "namespace": [root]})
    response = await http.post("/store/namespaces", json={"prefix": [root], "max_depth": 0})
    assert response.json() == {"namespaces": [[]]}
