"""What operators watch: counted requests, the queue, workers, deliveries and crons."""

import asyncio
from typing import Any

import httpx
from langgraph_sdk.client import LangGraphClient
from prometheus_client.parser import text_string_to_metric_families

from tests.support.installation import Installation

SERIES = {
    "lg_api_http_requests_total",
    "lg_api_http_requests_latency_bucket",
    "lg_api_streams_open",
    "lg_api_num_pending_runs",
    "lg_api_num_running_runs",
    "lg_api_workers_max",
    "lg_api_workers_active",
    "lg_api_workers_available",
    "lg_api_deliveries",
    "lg_api_cron_lag_seconds",
    "lg_api_database_up",
    "target_info",
}


async def scraped(http: httpx.AsyncClient) -> dict[str, list[Any]]:
    response = await http.get("/metrics")
    assert response.headers["content-type"] == "text/plain; version=1.0.0; charset=utf-8"
    found: dict[str, list[Any]] = {}
    for family in text_string_to_metric_families(response.text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def value(found: dict[str, list[Any]], name: str, **labels: str) -> float:
    return float(sum(sample.value for sample in found.get(name, []) if labels.items() <= sample.labels.items()))


async def told(http: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await http.get("/metrics?format=json")).json()
    return document


async def test_all_series_are_there_in_a_form_that_prometheus_reads(http: httpx.AsyncClient) -> None:
    assert set(await scraped(http)) >= SERIES
    assert "lg_api_" in (await http.get("/metrics?format=nonsense")).text


async def test_requests_are_counted_by_the_template_of_their_route(http: httpx.AsyncClient, thread_id: str) -> None:
    before = await scraped(http)
    for _ in range(3):
        await http.get(f"/threads/{thread_id}")
        await http.get(f"/threads/{thread_id}/state")
        await http.get(f"/nowhere/{thread_id}")
    after = await scraped(http)
    for path, status in (("/threads/{thread_id}", "200"), ("/threads/{thread_id}/state", "200"), ("unknown", "404")):
        labels = {"method": "GET", "path": path, "status": status}
        name = "lg_api_http_requests_total"
        assert value(after, name, **labels) - value(before, name, **labels) == 3, path
    assert not [sample for samples in after.values() for sample in samples if thread_id in str(sample.labels)]


async def test_the_queue_is_told_by_state_and_age(
    server: Installation, http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    await client.runs.create(thread_id, "sleepy", input={"seconds": 60})
    server.until(lambda: server.count("status = 'running'") == 1)
    await client.runs.create(thread_id, "echo", input={"said": 1}, multitask_strategy="enqueue")
    found, document = await scraped(http), await told(http)
    await client.runs.cancel_many(status="all")
    assert value(found, "lg_api_runs", state="running", queue="default") == 1
    assert value(found, "lg_api_runs", state="blocked", queue="default") == 1
    assert document["queue"]["n_running"] == 1
    assert document["queue"]["n_pending"] == 1
    assert document["queue"]["pending_runs_wait_time_max_secs"] >= 0
    assert document["queue"]["pending_unblocked_runs_wait_time_max_secs"] is None
    server.until_settled()


async def test_workers_say_how_much_room_they_have(http: httpx.AsyncClient) -> None:
    workers = (await told(http))["workers"]
    assert workers["processes"] == 2
    assert workers["max"] == 2 * 200
    assert workers["available"] == workers["max"] - workers["active"]


async def test_open_streams_are_counted_while_they_are_open(
    server: Installation, http: httpx.AsyncClient, thread_id: str
) -> None:
    before = (await told(http))["api"]["streams_open"].get("sse", 0)
    async with http.stream("GET", f"/threads/{thread_id}/stream") as response:
        assert response.status_code == 200
        assert (await told(http))["api"]["streams_open"]["sse"] == before + 1
    for _ in range(100):
        if (await told(http))["api"]["streams_open"]["sse"] == before:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("a stream that ended still counts")
