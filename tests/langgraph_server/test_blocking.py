"""Django's half of a web process, on its threads."""

import asyncio
from threading import Event, Semaphore
from typing import Any

import httpx
import pytest

from langgraph_server.blocking import OnThreads

THREADS = 2


@pytest.fixture
def crowd() -> Any:
    """An application that is at work on whatever is asked, but for probes, until it is let go."""
    begun, let_go = Semaphore(0), Event()

    def application(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] not in {"/", "/ok"} or environ["QUERY_STRING"]:
            begun.release()
            let_go.wait(20)
        start_response("200 OK", [])
        return [b"{}"]

    return application, begun, let_go


@pytest.mark.parametrize("probe", ["/", "/ok"])
async def test_a_probe_does_not_wait_behind_work(crowd: Any, probe: str) -> None:
    application, begun, let_go = crowd
    transport = httpx.ASGITransport(OnThreads(application, threads=THREADS, max_body=1000))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http, asyncio.TaskGroup() as work:
        for _ in range(THREADS + 1):
            work.create_task(http.post("/runs"))
        for _ in range(THREADS):
            await asyncio.to_thread(begun.acquire, timeout=20)
        await answered(http, probe, let_go)


async def test_a_probe_that_asks_the_database_leaves_the_way_to_the_others(crowd: Any) -> None:
    application, begun, let_go = crowd
    transport = httpx.ASGITransport(OnThreads(application, threads=THREADS, max_body=1000))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http, asyncio.TaskGroup() as work:
        work.create_task(http.get("/ok?check_db=1"))
        await asyncio.to_thread(begun.acquire, timeout=20)
        await answered(http, "/ok", let_go)


async def answered(http: httpx.AsyncClient, probe: str, let_go: Event) -> None:
    """Before the others are let go."""
    try:
        async with asyncio.timeout(10):
            assert (await http.get(probe)).status_code == 200
    finally:
        let_go.set()
