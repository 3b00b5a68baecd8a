"""What browsers and caches between are told to leave alone, page by page and route by route."""

from typing import Any

import httpx
import pytest

from langgraph_server.admin.policy import OF_DOCS, POLICY

GUARDED = {"x-content-type-options": "nosniff", "cache-control": "no-store"}
OF_DJANGO = {
    **GUARDED,
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
OF_ADMIN = {
    **OF_DJANGO,
    "content-security-policy": POLICY,
    "cache-control": "max-age=0, no-cache, no-store, must-revalidate, private",
}
NAMES = {*OF_DJANGO, "content-security-policy", "set-cookie", "server", "x-powered-by"}
RUN = {"assistant_id": "echo", "input": {}}
NO_THREAD = "/threads/5b5ac2a4-6a64-4b1e-9c0c-3f6f6a9c1a11/state"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("GET", "/docs", None, 200, {**OF_DJANGO, "content-security-policy": OF_DOCS}),
        ("GET", "/admin/", None, 302, OF_ADMIN),
        ("GET", "/ok", None, 200, OF_DJANGO),
        ("POST", "/assistants/search", {}, 200, OF_DJANGO),
        ("GET", "/assistants/none", None, 422, OF_DJANGO),
        ("GET", "/nowhere", None, 404, OF_DJANGO),
        ("POST", "/threads", {}, 200, GUARDED),
        ("POST", "/threads/search", {}, 200, GUARDED),
        ("GET", "/threads/none", None, 422, GUARDED),
        ("GET", NO_THREAD, None, 404, GUARDED),
        ("POST", "/runs/wait", RUN, 200, GUARDED),
        ("POST", "/runs/stream", RUN, 200, GUARDED),
    ],
)
async def test_each_answer_says_exactly_this(
    http: httpx.AsyncClient, method: str, path: str, body: Any, status: int, told: dict[str, str]
) -> None:
    response = await http.request(method, path, json=body)
    assert response.status_code == status
    assert {name: value for name, value in response.headers.items() if name in NAMES} == told
