"""Browsers may call from anywhere, and read the headers that the SDKs need."""

import httpx
import pytest

ORIGIN = "https://ui.example.com"
NOWHERE = "00000000-0000-4000-8000-000000000000"
EXPOSED = {
    "content-location",
    "location",
    "x-pagination-total",
    "x-pagination-next",
    "retry-after",
    "x-request-id",
}
ASKED = "authorization, content-type, x-api-key, x-auth-scheme, x-tenant-id, last-event-id, cache-control"


def words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


@pytest.mark.parametrize(
    "path", ["/threads", "/runs/stream", f"/threads/{NOWHERE}/runs/{NOWHERE}/cancel", "/ok", "/nope"]
)
@pytest.mark.parametrize("method", ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])
async def test_a_preflight_allows_every_method_and_header(http: httpx.AsyncClient, path: str, method: str) -> None:
    asked = {
        "origin": ORIGIN,
        "access-control-request-method": method,
        "access-control-request-headers": ASKED,
    }
    response = await http.options(path, headers=asked)
    assert (response.status_code, response.text) == (200, "OK")
    assert response.headers["access-control-allow-origin"] == "*"
    assert method.lower() in words(response.headers["access-control-allow-methods"])
    assert words(ASKED) <= words(response.headers["access-control-allow-headers"])
    assert response.headers["access-control-max-age"] == "600"
    assert "access-control-allow-credentials" not in response.headers


async def test_every_kind_of_response_can_be_read_by_a_browser(http: httpx.AsyncClient, thread_id: str) -> None:
    run = {"assistant_id": "echo", "input": {"said": 1}}
    headers = {"origin": ORIGIN}
    responses = [
        await http.get("/ok", headers=headers),
        await http.post("/threads/search", json={}, headers=headers),
        await http.get(f"/threads/{NOWHERE}", headers=headers),
        await http.get("/nope", headers=headers),
        await http.put("/threads", headers=headers),
        await http.post("/threads", content=b"{", headers=headers),
        await http.post(f"/threads/{thread_id}/runs/stream", json=run, headers=headers),
        await http.post(f"/threads/{thread_id}/runs/wait", json=run, headers=headers),
        await http.post(f"/threads/{thread_id}/runs/wait", content=b"{", headers=headers),
    ]
    for response in responses:
        assert response.headers["access-control-allow-origin"] == "*", response.url
        assert words(response.headers["access-control-expose-headers"]) >= EXPOSED
        assert "access-control-allow-credentials" not in response.headers
        assert "origin" in words(response.headers["vary"])


async def test_responses_vary_by_origin_even_without_one(http: httpx.AsyncClient, thread_id: str) -> None:
    for response in (await http.get("/ok"), await http.get(f"/threads/{thread_id}"), await http.get("/nope")):
        assert "origin" in words(response.headers["vary"])
        assert "access-control-allow-origin" not in response.headers
