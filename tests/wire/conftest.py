"""One live server for all wire tests: a web process, two workers, and clients that talk to it."""

import sys
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

from tests.support.installation import Installation, installed

SETTINGS = {
    # Quiet intervals come soon, and a run that had to wait for the poll would be noticed.
    "LANGGRAPH_SERVER_HEARTBEAT_SECS": "0.5",
    "LANGGRAPH_SERVER_POLL_SECS": "5",
    # Events are looked for when all tests are over, however long they took.
    "RESUMABLE_STREAM_TTL_SECONDS": "3600",
    "HTTP_MAX_REQUEST_BODY_BYTES": str(2**20),
    "LANGGRAPH_SERVER_MAX_BODY_NODES": "200000",
}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("wire"), settings=SETTINGS) as installation:
        installation.start(workers=2)
        yield installation
        installation.until_settled()
        assert installation.audit() == {}


@pytest.fixture(autouse=True)
def _no_bugs(server: Installation) -> Iterator[None]:
    """Whatever a client sends, no process logs an error; a failed test shows what they logged meanwhile."""
    places = [(process, process.log.stat().st_size) for process in server.processes]
    yield
    for process, place in places:
        sys.stdout.write(f"--- {process.log.name}\n{process.log.read_bytes()[place:].decode()}\n")
    found = [record for process, place in places for record in process.records(since=place)]
    assert [record for record in found if record["level"] in {"ERROR", "CRITICAL"}] == []


@pytest.fixture
async def client(server: Installation) -> AsyncIterator[LangGraphClient]:
    async with server.client() as client:
        yield client


@pytest.fixture
def sync_client(server: Installation) -> Iterator[SyncLangGraphClient]:
    with server.sync_client() as client:
        yield client


@pytest.fixture
async def http(server: Installation) -> AsyncIterator[httpx.AsyncClient]:
    async with server.http() as http:
        yield http


@pytest.fixture
async def thread_id(http: httpx.AsyncClient) -> str:
    return str((await http.post("/threads", json={})).json()["thread_id"])
