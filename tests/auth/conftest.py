"""A live server of an application that has an `Auth` object, and the three people who call it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tests.support.installation import Installation, installed

GRAPHS = Path(__file__).parents[1] / "graphs"


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {"LANGGRAPH_CONFIG": str(GRAPHS / "guarded.json"), "LANGGRAPH_SERVER_HEARTBEAT_SECS": "0.5"}
    with installed(tmp_path_factory.mktemp("guarded"), settings=settings) as installation:
        installation.start(workers=1)
        yield installation


@asynccontextmanager
async def calling(installation: Installation, token: str | None) -> AsyncIterator[httpx.AsyncClient]:
    async with installation.http() as http:
        if token:
            http.headers["authorization"] = f"Bearer {token}"
        yield http


@pytest.fixture
async def alice(guarded: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(guarded, "alice") as http:
        yield http


@pytest.fixture
async def bob(guarded: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(guarded, "bob") as http:
        yield http


@pytest.fixture
async def charlie(guarded: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(guarded, "charlie") as http:
        yield http


@pytest.fixture
async def nobody(guarded: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(guarded, None) as http:
        yield http


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A server that lets holders of API keys in."""
    with installed(tmp_path_factory.mktemp("locked"), settings={"LANGGRAPH_AUTH_TYPE": "keys"}) as installation:
        installation.start(workers=1)
        yield installation
