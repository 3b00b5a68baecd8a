"""Crons over the wire: the contract's answers, the official client, and firings by a live clock."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.support.installation import Installation

FIELDS = [
    "cron_id",
    "assistant_id",
    "thread_id",
    "user_id",
    "end_time",
    "schedule",
    "timezone",
    "payload",
    "next_run_date",
    "metadata",
    "on_run_completed",
    "enabled",
    "created_at",
    "updated_at",
]
YEARLY = {"assistant_id": "echo", "schedule": "0 0 1 1 *", "input": {"said": "hi"}}
BAD_SCHEDULE = (
    "Invalid cron schedule: 'bogus'. Reason: Invalid cron schedule. Ensure the schedule uses the standard cron format "
    "(minute hour day_of_month month day_of_week). Example: '*/5 * * * *' for every 5 minutes."
)


@pytest.fixture
def beat(server: Installation) -> Iterator[None]:
    process = server.start_beat()
    yield
    process.terminate()


async def eventually(look: Any, patience: float = 30) -> Any:
    for _ in range(int(patience / 0.2)):
        if found := await look():
            return found
        await asyncio.sleep(0.2)
    raise AssertionError("not in time")


async def test_the_object(http: httpx.AsyncClient) -> None:
    response = await http.post("/runs/crons", json={**YEARLY, "metadata": {"team": "a"}, "end_time": "2099-01-01"})

    assert response.status_code == 200
    cron = response.json()
    assert list(cron) == FIELDS
    assert (cron["thread_id"], cron["user_id"], cron["timezone"], cron["enabled"]) == (None, "", None, True)
    assert (cron["on_run_completed"], cron["end_time"], cron["metadata"]) == ("delete", "2099-01-01", {"team": "a"})
    assert cron["next_run_date"].endswith("-01-01T00:00:00+00:00")
    assert cron["payload"]["config"] == {"configurable": {"cron_id": cron["cron_id"]}}
    assert cron["payload"]["assistant_id"] == cron["assistant_id"] != "echo"
    assert (await http.get(f"/runs/crons/{cron['cron_id']}")).json() == cron
    assert (await http.delete(f"/runs/crons/{cron['cron_id']}")).status_code == 204


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ({"schedule": "bogus"}, 422, BAD_SCHEDULE),
        ({"schedule": ""}, 422, BAD_SCHEDULE.replace("bogus", "")),
        ({"schedule": None}, 422, None),
        ({"assistant_id": None}, 422, None),
        ({"assistant_id": "nope"}, 404, "Assistant 'nope' not found"),
        ({"assistant_id": "0b1c7d35-1111-4222-8333-444455556666"}, 404, None),
        (
            {"timezone": "Mars/X"},
            422,
            "Invalid timezone: 'Mars/X'. Use IANA timezone format (e.g. 'America/New_York').",
        ),
        ({"timezone": None}, 422, None),
        ({"end_time": "whenever"}, 422, None),
        ({"on_run_completed": "explode"}, 422, None),
        ({"enabled": "yes"}, 422, None),
        ({"input": "text"}, 422, None),
        ({"metadata": []}, 422, None),
        ({"stream_mode": "tools"}, 422, None),
        ({"webhook": "http://169.254.169.254/"}, 422, "Webhook host blocked: blocked IP range"),
        ({"webhook": "http://127.0.0.1/"}, 422, "Webhook host blocked: loopback IP range"),
    ],
)
async def test_refusals(http: httpx.AsyncClient, change: dict[str, Any], status: int, detail: str | None) -> None:
    response = await http.post("/runs/crons", json={**YEARLY, **change})

    assert response.status_code == status
    assert response.json()["detail"] == (detail or response.json()["detail"])


@pytest.mark.parametrize("missing", ["schedule", "assistant_id"])
async def test_what_is_missing_is_named(http: httpx.AsyncClient, missing: str) -> None:
    response = await http.post("/runs/crons", json={key: value for key, value in YEARLY.items() if key != missing})

    assert response.status_code == 422
    assert missing in response.json()["detail"]


async def test_ids_that_are_unknown_or_none(http: httpx.AsyncClient) -> None:
    unknown = str(uuid4())
    gone = f"Thread with ID '{unknown}' not found. Please verify the ID is correct and the thread hasn't been deleted"
    for method, path, body, status, detail in [
        ("GET", f"/runs/crons/{unknown}", None, 404, "Not Found"),
        ("DELETE", f"/runs/crons/{unknown}", None, 404, "Not Found"),
        ("PATCH", f"/runs/crons/{unknown}", {"enabled": False}, 404, f"Cron '{unknown}' not found"),
        ("PATCH", f"/runs/crons/{unknown}", {}, 400, "Request body cannot be empty"),
        ("GET", "/runs/crons/x", None, 422, "Invalid cron ID: must be a UUID"),
        ("DELETE", "/runs/crons/x", None, 422, "Invalid cron ID: must be a UUID"),
        ("PATCH", "/runs/crons/x", {"enabled": False}, 422, "Invalid cron ID: must be a UUID"),
        ("POST", f"/threads/{unknown}/runs/crons", YEARLY, 404, f"{gone} or expired."),
        ("POST", "/threads/x/runs/crons", YEARLY, 422, "Invalid thread ID: must be a UUID"),
        ("POST", "/runs/crons/search", {"assistant_id": "echo"}, 422, "Invalid assistant ID: must be a UUID"),
        ("POST", "/runs/crons/search", {"thread_id": "x"}, 422, "Invalid thread ID: must be a UUID"),
        ("POST", "/runs/crons/search", {"limit": 0}, 422, None),
        ("POST", "/runs/crons/search", {"sort_by": "payload"}, 422, None),
        ("POST", "/runs/crons/search", {"select": ["secret"]}, 422, None),
        ("POST", "/runs/crons/count", {"assistant_id": "x"}, 422, "Invalid assistant ID: must be a UUID"),
    ]:
        response = await http.request(method, path, json=body)
        assert (response.status_code, response.json()["detail"]) == (status, detail or response.json()["detail"]), path


async def test_the_official_client(client: LangGraphClient, thread_id: str) -> None:
    mark = str(uuid4())
    fixed: dict[str, Any] = {"schedule": "0 0 1 1 *", "metadata": {"mark": mark}}
    stateless: Any = await client.crons.create("echo", input={"said": "hi"}, on_run_completed="keep", **fixed)
    of_thread: Any = await client.crons.create_for_thread(thread_id, "echo", multitask_strategy="reject", **fixed)
    assert (stateless["on_run_completed"], of_thread["on_run_completed"]) == ("keep", None)
    assert of_thread["thread_id"] == thread_id

    found: Any = await client.crons.search(metadata={"mark": mark}, limit=1)
    assert [cron["cron_id"] for cron in found] == [of_thread["cron_id"]]
    assert await client.crons.count(metadata={"mark": mark}) == 2
    assert await client.crons.count(thread_id=thread_id) == 1
    dates: Any = await client.crons.search(metadata={"mark": mark}, select=["next_run_date"])
    assert [list(cron) for cron in dates] == [["next_run_date"]] * 2

    changed: Any = await client.crons.update(stateless["cron_id"], schedule="30 9 * * *", enabled=False)
    assert (changed["enabled"], changed["next_run_date"][11:16]) == (False, "09:30")

    for cron in (stateless, of_thread):
        await client.crons.delete(cron["cron_id"])
    assert await client.crons.count(metadata={"mark": mark}) == 0


async def test_pages_and_orders(http: httpx.AsyncClient) -> None:
    mark = {"mark": str(uuid4())}
    ends: list[dict[str, str]] = [{"end_time": "2031-01-01"}, {}, {"end_time": "2030-01-01"}]
    made = [(await http.post("/runs/crons", json={**YEARLY, "metadata": mark, **end})).json() for end in ends]

    response = await http.post("/runs/crons/search", json={"metadata": mark, "limit": 2})
    assert [cron["cron_id"] for cron in response.json()] == [cron["cron_id"] for cron in made[:0:-1]]
    assert (response.headers["x-pagination-total"], response.headers["x-pagination-next"]) == ("3", "2")

    response = await http.post(
        "/runs/crons/search", json={"metadata": mark, "sort_by": "end_time", "sort_order": "asc"}
    )
    assert [cron["end_time"] for cron in response.json()] == [None, "2030-01-01", "2031-01-01"]
    assert "x-pagination-next" not in response.headers


async def test_info_tells_that_there_are_crons(http: httpx.AsyncClient) -> None:
    assert (await http.get("/info")).json()["flags"]["crons"] is True


@pytest.mark.usefixtures("beat")
async def test_crons_fire_by_the_clock_until_they_are_deleted(
    server: Installation, client: LangGraphClient, thread_id: str
) -> None:
    every_second: dict[str, Any] = {"schedule": "* * * * * *"}
    of_thread: Any = await client.crons.create_for_thread(thread_id, "echo", input={"said": "hi"}, **every_second)
    kept: Any = await client.crons.create(
        "echo", input={"said": "hi"}, on_run_completed="keep", metadata={"mark": thread_id}, **every_second
    )

    async def three_ended() -> bool:
        runs = await client.runs.list(thread_id)
        return len([run for run in runs if run["status"] == "success"]) >= 3

    await eventually(three_ended)
    for cron in (of_thread, kept):
        await client.crons.delete(cron["cron_id"])

    state: Any = await client.threads.get_state(thread_id)
    assert state["values"]["count"] >= 3
    [run, *_] = await client.runs.list(thread_id)
    configurable: Any = run["kwargs"]["config"]["configurable"]  # type: ignore[typeddict-item]  # as the wire has it
    assert configurable["cron_id"] == of_thread["cron_id"]
    threads = await client.threads.search(metadata={"mark": thread_id})
    assert threads
    assert [(thread["metadata"] or {})["graph_id"] for thread in threads[:1]] == ["echo"]
    server.until_settled()
