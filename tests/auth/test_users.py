"""A Django project that embeds the server: its users are the callers, by the session they have."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from langgraph_server.supervision import COMMAND
from tests.support.installation import Installation, installed

HERE = Path(__file__).parents[1]
RUN = {"assistant_id": "whoami", "input": {}}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {
        "DJANGO_SETTINGS_MODULE": "shop.settings",
        "PYTHONPATH": str(HERE / "embedding"),
        "LANGGRAPH_CONFIG": str(HERE / "graphs" / "open.json"),
        "DJANGO_SUPERUSER_PASSWORD": "for tests only",
    }
    with installed(tmp_path_factory.mktemp("shop"), settings=settings) as installation:
        for name in ("ada", "ben"):
            arguments = ("createsuperuser", "--noinput", "--username", name, "--email", f"{name}@example.org")
            assert installation.start_process("createsuperuser", *COMMAND, *arguments).wait() == 0
        installation.start(workers=1)
        yield installation


@asynccontextmanager
async def logged_in(shop: Installation, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with shop.http() as http:
        await http.get("/admin/login/")
        form = {"username": name, "password": "for tests only", "csrfmiddlewaretoken": http.cookies["csrftoken"]}
        response = await http.post("/admin/login/?next=/wares", data=form)
        assert response.headers["location"] == "/wares", response.text
        http.headers["x-csrftoken"] = http.cookies["csrftoken"]
        yield http


async def test_the_projects_own_pages_stay_its_own(shop: Installation) -> None:
    async with shop.http() as http:
        assert (await http.get("/wares")).text == "apples, pears"
        for path in ("/threads/search", "/threads", "/runs/wait"):
            assert (await http.post(path, json={})).status_code == 401


async def test_the_graph_learns_which_user_asks(shop: Installation) -> None:
    async with logged_in(shop, "ada") as ada:
        told = (await ada.post("/runs/wait", json=RUN)).json()["told"]

    assert told["identity"].startswith("user:")
    assert told["runtime"] == told["user_id"] == told["identity"]
    assert told["display_name"] == "ada"


async def test_users_see_their_own_things_only(shop: Installation) -> None:
    async with logged_in(shop, "ada") as ada, logged_in(shop, "ben") as ben:
        thread_id = (await ada.post("/threads", json={})).json()["thread_id"]
        await ada.post(f"/threads/{thread_id}/runs/wait", json=RUN)

        assert (await ada.get(f"/threads/{thread_id}")).status_code == 200
        assert (await ada.get(f"/threads/{thread_id}/state")).status_code == 200
        assert (await ben.get(f"/threads/{thread_id}")).status_code == 404
        assert (await ben.get(f"/threads/{thread_id}/state")).status_code == 404
        assert (await ben.post("/threads/search", json={})).json() == []


@pytest.mark.parametrize("path", ["/threads/search", "/threads"])
async def test_another_site_cannot_use_a_users_session(shop: Installation, path: str) -> None:
    async with logged_in(shop, "ada") as ada:
        del ada.headers["x-csrftoken"]
        response = await ada.post(path, json={})

    assert response.status_code == 403
    assert response.json()["detail"].startswith("CSRF Failed")


async def test_a_page_of_another_origin_cannot_open_a_socket_with_a_users_session(shop: Installation) -> None:
    async with logged_in(shop, "ada") as ada:
        thread_id = (await ada.post("/threads", json={})).json()["thread_id"]
        address = f"{shop.url.replace('http', 'ws')}/threads/{thread_id}/stream/events"
        headers = {"cookie": "; ".join(f"{name}={value}" for name, value in ada.cookies.items())}

        async with connect(address, additional_headers=headers, origin=Origin(shop.url)):
            pass
        with pytest.raises(InvalidStatus):
            await connect(address, additional_headers=headers, origin=Origin("https://other.example.org"))


async def test_who_logs_out_is_out(shop: Installation) -> None:
    async with logged_in(shop, "ada") as ada:
        assert (await ada.post("/threads/search", json={})).status_code == 200
        await ada.post("/admin/logout/")
        assert (await ada.post("/threads/search", json={})).status_code == 401
        assert (await ada.post("/threads", json={})).status_code == 401
