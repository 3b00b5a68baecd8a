"""An ASGI app of any other kind: it gets what the API has no route for, and its lifespan is lived."""

from typing import Any

import httpx
import pytest

from langgraph_server import checks
from langgraph_server.api import cors
from langgraph_server.config.http import parse
from langgraph_server.errors import ConfigurationError
from langgraph_server.gateways import custom
from langgraph_server.routing import is_ours


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Knows nothing of lifespans, and fails at the word."""
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"its own"})


async def api(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"the API"})


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/threads/search", "the API"),
        ("/ok", "the API"),
        ("/admin/", "the API"),
        ("/else", "its own"),
        ("/x/y", "its own"),
    ],
)
async def test_the_api_comes_first_and_the_rest_is_its_own(path: str, text: str) -> None:
    transport = httpx.ASGITransport(custom.around(app, api, is_ours))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        assert (await http.get(path)).text == text


async def test_an_app_without_a_lifespan_is_served_all_the_same() -> None:
    async with custom.living(app, {}):
        pass


async def test_a_lifespan_is_begun_and_ended() -> None:
    told: list[str] = []

    async def living(scope: Any, receive: Any, send: Any) -> None:
        scope["state"]["opened"] = True
        for _ in range(2):
            word = (await receive())["type"]
            told.append(word)
            await send({"type": f"{word}.complete"})

    state: dict[str, Any] = {}
    async with custom.living(living, state):
        assert told == ["lifespan.startup"]
        assert state == {"opened": True}
    assert told == ["lifespan.startup", "lifespan.shutdown"]


async def test_an_app_that_cannot_start_stops_the_server() -> None:
    async def failing(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(ConfigurationError, match="no database"):
        async with custom.living(failing, {}):
            pass


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"app": "./nowhere.py:app"}, "nowhere.py"),
        ({"app": "./echo.py:nothing"}, "nothing"),
        ({"app": "./steps.py:__name__"}, "no ASGI application"),
        ({"cors": {"allow_origins": ["*"], "allow_credentials": True}}, "credentials"),
        ({}, None),
    ],
    ids=str,
)
def test_check_says_what_is_wrong_with_the_door(
    monkeypatch: pytest.MonkeyPatch, section: dict[str, Any], told: str | None
) -> None:
    for module in (custom, cors):
        monkeypatch.setattr(module, "http_config", lambda: parse(section))
    custom.application.cache_clear()
    messages = checks.check_http()
    custom.application.cache_clear()
    assert [told in message.msg for message in messages if told] == [True] * len(messages)
    assert bool(messages) is (told is not None)
