"""An application whose checkpoints and items the server does not keep."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.store.postgres import PostgresStore
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import UnprocessableEntityError

from tests.applications.keeping.own import SCHEMA, conninfo
from tests.support.installation import IMPATIENT, Installation, installed

APPLICATION = Path(__file__).parents[1] / "applications" / "keeping"
THEIRS = f"SELECT count(*) FROM {SCHEMA}.checkpoints"
OURS = "SELECT count(*) FROM public.checkpoints"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {**IMPATIENT, "LANGGRAPH_CONFIG": str(APPLICATION / "langgraph.json")}
    with installed(tmp_path_factory.mktemp("keeping"), settings=settings) as installation:
        with psycopg.connect(installation.database_uri, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {SCHEMA}".encode())
        with PostgresSaver.from_conn_string(conninfo(installation.database_uri)) as saver:
            saver.setup()
        with PostgresStore.from_conn_string(conninfo(installation.database_uri)) as store:
            store.setup()
        installation.start(web=1, workers=1)
        yield installation


@pytest.fixture
def server(shared: Installation) -> Installation:
    return shared


def theirs(server: Installation, thread_id: str) -> int:
    return int(server.value(f"{THEIRS} WHERE thread_id = %s", thread_id))


async def asked(client: LangGraphClient) -> str:
    """A thread that waits for an answer."""
    thread_id = (await client.threads.create())["thread_id"]
    await client.runs.wait(thread_id, "approval", input={})
    return thread_id


async def test_runs_and_state_go_through_it_alone(server: Installation) -> None:
    async with server.client() as client:
        thread_id = await asked(client)
        waiting = await client.threads.get(thread_id)
        told = await client.runs.wait(thread_id, "approval", command={"resume": "yes"})
        await client.threads.update_state(thread_id, {"log": ["noted"]}, as_node="approve")

        state = await client.threads.get_state(thread_id)
        history = await client.threads.get_history(thread_id, limit=10)

    assert waiting["status"] == "interrupted"
    assert told == {"log": ["drafted", "answered yes"]}
    assert state["values"] == {"log": ["drafted", "answered yes", "noted"]}
    assert len(history) == theirs(server, thread_id) == 5
    assert server.value(OURS) == 0


async def test_a_history_that_is_brought_along_is_kept_there(server: Installation) -> None:
    update = {"values": {"log": ["brought"]}, "as_node": "draft"}
    async with server.client() as client:
        thread = await client.threads.create(graph_id="approval", supersteps=[{"updates": [update]}])

        assert (await client.threads.get_state(thread["thread_id"]))["values"] == {"log": ["brought"]}
    assert theirs(server, thread["thread_id"]) == 1


async def test_a_copy_goes_on_by_itself_and_outlives_its_source(server: Installation) -> None:
    async with server.client() as client:
        source = await asked(client)
        before = await client.threads.get_history(source, limit=10)
        copied: Any = await client.threads.copy(source)  # type: ignore[func-returns-value]  # it does
        history = await client.threads.get_history(copied["thread_id"], limit=10)
        await client.threads.delete(source)

        assert [state["values"] for state in history] == [state["values"] for state in before]
        assert {state["checkpoint"]["thread_id"] for state in history} == {copied["thread_id"]}
        told = await client.runs.wait(copied["thread_id"], "approval", command={"resume": "yes"})
    assert told == {"log": ["drafted", "answered yes"]}
    server.until(lambda: theirs(server, source) == 0)


async def test_pruning_keeps_the_latest(server: Installation) -> None:
    async with server.client() as client:
        thread_id = await asked(client)
        await client.threads.prune([thread_id], strategy="keep_latest")

        assert theirs(server, thread_id) == 1
        assert (await client.threads.get_state(thread_id))["values"] == {"log": ["drafted"]}


async def test_a_thread_that_is_made_anew_knows_nothing_of_the_one_before(server: Installation) -> None:
    async with server.client() as client:
        thread_id = await asked(client)
        await client.threads.delete(thread_id)
        await client.threads.create(thread_id=thread_id)
        told = await client.runs.wait(thread_id, "steps", input={"steps": 1})

        assert told == {"steps": 1, "done": [0]}
        assert len(await client.threads.get_history(thread_id, limit=10)) == theirs(server, thread_id)
    server.until(lambda: server.value("SELECT count(*) FROM checkpoints_farewell") == 0)
    assert theirs(server, thread_id) == 3


async def test_a_run_that_is_rolled_back_leaves_nothing(server: Installation) -> None:
    async with server.client() as client:
        thread_id = (await client.threads.create())["thread_id"]
        await client.runs.wait(thread_id, "steps", input={"steps": 1})
        run = await client.runs.create(thread_id, "steps", input={"steps": 99, "seconds": 0.1})
        server.until(lambda: theirs(server, thread_id) > 4)
        told = await client.runs.wait(thread_id, "steps", input={"steps": 2}, multitask_strategy="rollback")

        assert told == {"steps": 2, "done": [0, 1]}
        assert run["run_id"] not in {each["run_id"] for each in await client.runs.list(thread_id)}


async def test_a_lost_worker_is_replaced_from_the_last_checkpoint(server: Installation) -> None:
    async with server.client() as client:
        thread_id = (await client.threads.create())["thread_id"]
        run = await client.runs.create(thread_id, "steps", input={"steps": 30, "seconds": 0.1})
        server.until(lambda: theirs(server, thread_id) > 4)
        server.workers[0].kill()
        server.ensure_workers(1)
        server.until_settled()

        assert (await client.runs.join(thread_id, run["run_id"]))["done"] == list(range(30))
    assert server.rows("SELECT status, attempt FROM runs_run WHERE thread_id = %s", thread_id) == [("success", 2)]


async def test_graphs_and_clients_share_the_applications_store(server: Installation) -> None:
    async with server.client() as client:
        await client.store.put_item(("people", "ann"), "hears", {"said": "hears"})
        told: Any = await client.runs.wait(None, "remembering", input={"who": "ann", "said": "speaks"})
        found = await client.store.search_items(("people",))

        assert set(told["known"]) == {item["key"] for item in found["items"]} == {"hears", "speaks"}
        assert (await client.store.list_namespaces())["namespaces"] == [["people", "ann"]]
    assert server.value(f"SELECT count(*) FROM {SCHEMA}.store") == 2
    assert server.value("SELECT count(*) FROM public.store") == 0


async def test_what_it_cannot_do_is_refused(server: Installation) -> None:
    async with server.client() as client:
        thread_id = await asked(client)
        with pytest.raises(UnprocessableEntityError, match="cannot be measured"):
            await client.http.get(f"/threads/{thread_id}/storage")


async def test_the_start_tells_what_it_cannot_do(server: Installation) -> None:
    (record,) = [each for each in server.processes[0].records() if each["message"].startswith("checkpoints are kept")]
    assert (record["level"], record["kind"]) == ("WARNING", "Keeper")
    assert "threads are copied checkpoint by checkpoint" in record["but"]
    assert "rollback is refused" not in record["but"]
