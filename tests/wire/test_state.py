"""Read and write the state of threads, walk their history, go back in time."""

import asyncio
from typing import Any

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.graphs import unwieldy
from tests.support.installation import Installation

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def stepped(client: LangGraphClient, thread_id: str, steps: int = 3) -> list[Any]:
    """The history of a thread that took some steps, newest first."""
    await client.runs.wait(thread_id, "steps", input={"steps": steps})
    return [*await client.threads.get_history(thread_id, limit=50)]


async def asked(client: LangGraphClient, thread_id: str, graph: str = "approval") -> Any:
    """The state of a thread whose graph waits for a person."""
    await client.runs.wait(thread_id, graph, input={})
    return await client.threads.get_state(thread_id)


def steps_of(history: list[Any]) -> list[int]:
    return [state["metadata"]["step"] for state in history]


# --- write


async def test_an_update_goes_through_the_reducers_and_is_the_latest_state(
    client: LangGraphClient, thread_id: str
) -> None:
    history = await stepped(client, thread_id)

    written: Any = await client.threads.update_state(thread_id, {"done": [99]})

    state: Any = await client.threads.get_state(thread_id)
    assert written["checkpoint"] == written["configurable"] == state["checkpoint"]
    assert written["checkpoint_id"] == state["checkpoint_id"]
    assert state["values"]["done"] == [0, 1, 2, 99]
    assert state["parent_checkpoint"] == history[0]["checkpoint"]
    metadata = {key: state["metadata"][key] for key in ("source", "step", "graph_id", "thread_id")}
    assert metadata == {"source": "update", "step": 4, "graph_id": "steps", "thread_id": thread_id}
    assert "run_id" not in state["metadata"]


async def test_an_update_shows_on_the_thread(client: LangGraphClient, thread_id: str) -> None:
    await stepped(client, thread_id)
    before: Any = await client.threads.get(thread_id)

    await client.threads.update_state(thread_id, {"done": [3], "steps": 5}, as_node="step")

    thread: Any = await client.threads.get(thread_id)
    assert (thread["status"], thread["values"]) == ("interrupted", {"steps": 5, "done": [0, 1, 2, 3]})
    assert thread["state_updated_at"] > before["state_updated_at"]
    told = await client.runs.wait(thread_id, "steps", input=None)
    assert told == {"steps": 5, "done": [0, 1, 2, 3, 4]}
    assert (await client.threads.get(thread_id))["status"] == "idle"


@pytest.mark.parametrize("body", [{}, {"values": None}, {"values": {"nope": 1}}])
async def test_an_update_of_nothing_is_a_checkpoint_too(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, body: dict[str, object]
) -> None:
    before = await stepped(client, thread_id)
    response = await http.post(f"/threads/{thread_id}/state", json=body)
    after = [*await client.threads.get_history(thread_id, limit=50)]
    assert response.status_code == 200
    assert steps_of(after) == [steps_of(before)[0] + 1, *steps_of(before)]
    assert after[0]["values"] == before[0]["values"]


async def test_ending_a_thread_clears_what_waits(client: LangGraphClient, thread_id: str) -> None:
    await asked(client, thread_id)
    await client.threads.update_state(thread_id, None, as_node="__end__")
    state = await client.threads.get_state(thread_id)
    thread = await client.threads.get(thread_id)
    assert (state["next"], state["tasks"], state["values"]) == ([], [], {"log": ["drafted"]})
    assert (thread["status"], thread["interrupts"]) == ("idle", {})


async def test_a_state_can_be_copied_beside_itself(client: LangGraphClient, thread_id: str) -> None:
    before = await stepped(client, thread_id)
    await client.threads.update_state(thread_id, None, as_node="__copy__")
    state: Any = await client.threads.get_state(thread_id)
    assert state["values"] == before[0]["values"]
    assert state["metadata"]["source"] == "fork"
    assert state["parent_checkpoint"] == before[1]["checkpoint"]


async def test_a_fork_becomes_the_latest_state(client: LangGraphClient, thread_id: str) -> None:
    history = await stepped(client, thread_id)
    where = history[2]["checkpoint"]

    await client.threads.update_state(thread_id, {"done": [50]}, as_node="step", checkpoint_id=where["checkpoint_id"])

    state: Any = await client.threads.get_state(thread_id)
    assert history[2]["values"]["done"] == [0]
    assert (state["values"]["done"], state["next"]) == ([0, 50], ["step"])
    assert state["parent_checkpoint"]["checkpoint_id"] == where["checkpoint_id"]
    assert (await client.threads.get(thread_id))["values"] == state["values"]
    told: Any = await client.runs.wait(thread_id, "steps", input=None)
    assert told["done"] == [0, 50, 2]
    assert len(await client.threads.get_history(thread_id, limit=50)) == len(history) + 2


async def test_a_whole_address_forks_as_its_id_does(client: LangGraphClient, thread_id: str) -> None:
    history = await stepped(client, thread_id)
    await client.threads.update_state(thread_id, {"done": [50]}, checkpoint=history[1]["checkpoint"])
    state: Any = await client.threads.get_state(thread_id)
    assert state["values"]["done"] == [0, 1, 50]


async def test_messages_without_an_id_get_one(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "chat", input={"messages": []})
    await client.threads.update_state(thread_id, {"messages": [{"role": "user", "content": "more"}]})
    values: Any = (await client.threads.get_state(thread_id))["values"]
    assert values["messages"][-1]["type"] == "human"
    assert len(values["messages"][-1]["id"]) == 36


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"values": {"done": [1]}, "as_node": "zzz"}, 400, "Node zzz does not exist"),
        ({"values": "text"}, 422, "values"),
        ({"values": 5}, 422, "values"),
        ({"values": [1]}, 400, "Expected dict, got [1]"),
        ({"checkpoint": "x"}, 422, "checkpoint"),
        ({"as_node": 5}, 422, "as_node"),
    ],
)
async def test_an_update_that_makes_no_sense_changes_nothing(
    http: httpx.AsyncClient,
    client: LangGraphClient,
    thread_id: str,
    body: dict[str, object],
    status: int,
    detail: str,
) -> None:
    before = await stepped(client, thread_id)
    response = await http.post(f"/threads/{thread_id}/state", json=body)
    assert response.status_code == status
    assert detail in response.json()["detail"]
    assert [*await client.threads.get_history(thread_id, limit=50)] == before


async def test_an_update_that_postgres_refuses_changes_nothing(http: httpx.AsyncClient, thread_id: str) -> None:
    await http.post(f"/threads/{thread_id}/runs/wait", json={"assistant_id": "unwieldy", "input": {"said": "much"}})
    update = {"values": {unwieldy.LONG: ["x"]}, "as_node": "grow"}

    response = await http.post(f"/threads/{thread_id}/state", json=update)

    assert response.status_code == 400
    assert response.json()["detail"].startswith("index row requires")
    assert unwieldy.LONG not in (await http.get(f"/threads/{thread_id}/state")).json()["values"]


async def test_two_possible_authors_must_be_told_apart(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {"assistant_id": "parallel", "input": {}}
    ids = [i["id"] for i in (await http.post(f"/threads/{thread_id}/runs/wait", json=body)).json()["__interrupt__"]]
    answers = {"assistant_id": "parallel", "command": {"resume": dict.fromkeys(ids, "x")}, "interrupt_before": ["tell"]}
    await http.post(f"/threads/{thread_id}/runs/wait", json=answers)
    response = await http.post(f"/threads/{thread_id}/state", json={"values": {"log": ["?"]}})
    assert response.status_code == 400
    assert "Ambiguous update, specify as_node" in response.json()["detail"]


async def test_a_thread_without_a_graph_has_no_state_to_write(http: httpx.AsyncClient, thread_id: str) -> None:
    response = await http.post(f"/threads/{thread_id}/state", json={"values": {"done": [1]}})
    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"Thread '{thread_id}' has no assigned graph ID.")
    assert (await http.post(f"/threads/{NOWHERE}/state", json={"values": {}})).status_code == 404


@pytest.mark.parametrize("delay", [0, 60])
async def test_a_state_is_not_written_under_a_run(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str, server: Installation, delay: int
) -> None:
    await stepped(client, thread_id)
    slow = {"steps": 100, "seconds": 0.1}
    run = await client.runs.create(thread_id, "steps", input=slow, after_seconds=delay or None)
    if not delay:
        server.until(lambda: server.count("run_id = %s AND status = 'running'", run["run_id"]))

    refused = await http.post(f"/threads/{thread_id}/state", json={"values": {"done": [99]}})
    await client.runs.cancel(thread_id, run["run_id"], wait=True)
    allowed = await http.post(f"/threads/{thread_id}/state", json={"values": {"done": [99]}})

    assert refused.status_code == 409
    assert refused.json()["detail"].startswith(f"Thread {thread_id} has in-flight runs: ")
    assert allowed.status_code == 200
    values: Any = (await client.threads.get_state(thread_id))["values"]
    assert values["done"].count(99) == 1


async def test_writes_and_runs_at_the_same_moment_never_mix(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    """Each write is refused or is seen by the run: none is lost between two checkpoints of a run."""
    await stepped(client, thread_id, steps=1)

    async def write(number: int) -> int:
        body = {"values": {"done": [1000 + number]}, "as_node": "step"}
        return (await http.post(f"/threads/{thread_id}/state", json=body)).status_code

    async def run() -> int:
        body = {"assistant_id": "steps", "input": {"steps": 1}}
        return (await http.post(f"/threads/{thread_id}/runs/wait", json=body)).status_code

    answers = await asyncio.gather(*(run() if n % 3 == 0 else write(n) for n in range(18)))

    values: Any = (await client.threads.get_state(thread_id))["values"]
    written = sum(status == 200 for n, status in enumerate(answers) if n % 3)
    assert set(answers) <= {200, 409}
    assert len([number for number in values["done"] if number >= 1000]) <= written
    assert (await client.threads.get(thread_id))["values"] == values
    assert (await client.threads.get(thread_id))["status"] in {"idle", "interrupted"}


# --- subgraphs


async def test_a_waiting_subgraph_is_pointed_at_or_shown(client: LangGraphClient, thread_id: str) -> None:
    flat = await asked(client, thread_id, "inquiry")
    deep: Any = await client.threads.get_state(thread_id, subgraphs=True)

    (pointing,), (showing,) = flat["tasks"], deep["tasks"]
    namespace = f"inner:{pointing['id']}"
    assert flat["next"] == deep["next"] == ["inner"]
    assert pointing["checkpoint"] == {"thread_id": thread_id, "checkpoint_ns": namespace}
    assert (pointing["state"], showing["checkpoint"]) == (None, None)
    inner = showing["state"]
    assert (inner["values"], inner["next"]) == ({"log": ["prepared"]}, ["ask"])
    assert inner["checkpoint"]["checkpoint_ns"] == namespace
    assert [i["value"] for i in inner["interrupts"]] == ["inside?"]
    assert inner["interrupts"] == flat["interrupts"] == deep["interrupts"]
    assert inner["metadata"]["checkpoint_map"] == {"": flat["checkpoint"]["checkpoint_id"]}


async def test_a_subgraphs_state_is_read_by_its_namespace_or_its_address(
    client: LangGraphClient, thread_id: str
) -> None:
    flat = await asked(client, thread_id, "inquiry")
    deep: Any = await client.threads.get_state(thread_id, subgraphs=True)
    inner = deep["tasks"][0]["state"]
    for address in (flat["tasks"][0]["checkpoint"], inner["checkpoint"]):
        found: Any = await client.threads.get_state(thread_id, checkpoint=address)
        assert (found["values"], found["next"]) == (inner["values"], inner["next"])
        assert found["checkpoint"]["checkpoint_ns"] == inner["checkpoint"]["checkpoint_ns"]
        assert found["checkpoint"]["checkpoint_id"] == inner["checkpoint"]["checkpoint_id"]


async def test_a_subgraphs_history_is_its_own(client: LangGraphClient, thread_id: str) -> None:
    flat = await asked(client, thread_id, "inquiry")
    root: Any = await client.threads.get_history(thread_id, limit=20)
    inner: Any = await client.threads.get_history(thread_id, limit=20, checkpoint=flat["tasks"][0]["checkpoint"])
    assert {state["checkpoint"]["checkpoint_ns"] for state in root} == {""}
    assert {state["checkpoint"]["checkpoint_ns"] for state in inner} == {f"inner:{flat['tasks'][0]['id']}"}
    assert inner[0]["next"] == ["ask"]


async def test_the_checkpoint_route_overrides_the_thread(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    ids = [(await client.threads.create())["thread_id"] for _ in range(2)]
    state = await asked(client, ids[0])
    other = {"checkpoint": {"checkpoint_id": state["checkpoint_id"], "thread_id": ids[0]}}
    found = (await http.post(f"/threads/{ids[1]}/state/checkpoint", json=other)).json()
    assert (found["values"], found["metadata"]) == ({}, None)
    assert (await http.post(f"/threads/{ids[0]}/state/checkpoint", json={})).status_code == 422


async def test_a_failed_task_tells_its_error_once(client: LangGraphClient, thread_id: str) -> None:
    await client.runs.wait(thread_id, "failing", input={"how": "masked"}, raise_error=False)
    state: Any = await client.threads.get_state(thread_id)
    assert state["next"] == ["fail"]
    assert [task["error"] for task in state["tasks"]] == ["SecretError('the password')"]


# --- history


async def test_history_tells_one_state_unless_more_are_wished(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    whole = await stepped(client, thread_id)
    for response in (
        await http.get(f"/threads/{thread_id}/history"),
        await http.post(f"/threads/{thread_id}/history", json={}),
    ):
        assert response.json() == whole[:1]
    assert steps_of(whole) == [3, 2, 1, 0, -1]
    assert [state["metadata"]["source"] for state in whole] == ["loop"] * 4 + ["input"]
    assert whole[-1]["next"] == ["__start__"]
    assert whole[1]["tasks"][0]["result"] == {"done": [2]}


async def test_history_goes_on_before_a_checkpoint_however_it_is_named(
    http: httpx.AsyncClient, client: LangGraphClient, thread_id: str
) -> None:
    whole = await stepped(client, thread_id)
    place = whole[1]["checkpoint"]
    bare, wrapped = place, {"configurable": {"checkpoint_id": place["checkpoint_id"]}}
    path = f"/threads/{thread_id}/history"
    answers = [
        await http.get(path, params={"limit": 2, "before": place["checkpoint_id"]}),
        await http.post(path, json={"limit": 2, "before": bare}),
        await http.post(path, json={"limit": 2, "before": wrapped}),
    ]
    for answer in answers:
        assert answer.json() == whole[2:4]


async def test_history_pages_to_its_end_without_gap_or_repetition(client: LangGraphClient, thread_id: str) -> None:
    whole = await stepped(client, thread_id, steps=7)
    found: list[Any] = []
    before: Any = None
    while page := await client.threads.get_history(thread_id, limit=2, before=before):
        found += page
        before = page[-1]["checkpoint"]
    assert found == whole


@pytest.mark.parametrize(
    ("wanted", "steps"), [({"source": "input"}, [-1]), ({"step": 1}, [1]), ({"source": "fork"}, []), ({"x": 1}, [])]
)
async def test_history_is_filtered_by_metadata(
    client: LangGraphClient, thread_id: str, wanted: dict[str, Any], steps: list[int]
) -> None:
    await stepped(client, thread_id)
    found: Any = await client.threads.get_history(thread_id, limit=10, metadata=wanted)
    assert steps_of(found) == steps


async def test_history_of_the_second_run_goes_on_counting(client: LangGraphClient, thread_id: str) -> None:
    await stepped(client, thread_id, steps=2)
    whole = await stepped(client, thread_id, steps=2)
    assert steps_of(whole) == [6, 5, 4, 3, 2, 1, 0, -1]
    assert [state["metadata"]["source"] for state in whole].count("input") == 2


@pytest.mark.parametrize(
    ("query", "status"), [("?limit=abc", 422), ("?limit=0", 422), ("?limit=1001", 422), ("?limit=-1", 422)]
)
async def test_history_has_limits(http: httpx.AsyncClient, thread_id: str, query: str, status: int) -> None:
    assert (await http.get(f"/threads/{thread_id}/history{query}")).status_code == status


@pytest.mark.parametrize(
    "body", [{"before": NOWHERE}, {"limit": 0}, {"limit": "1"}, {"metadata": []}, {"checkpoint": 1}]
)
async def test_history_refuses_what_it_cannot_read(
    http: httpx.AsyncClient, thread_id: str, body: dict[str, object]
) -> None:
    assert (await http.post(f"/threads/{thread_id}/history", json=body)).status_code == 422


async def test_history_of_a_thread_without_states_is_empty(http: httpx.AsyncClient, thread_id: str) -> None:
    assert (await http.get(f"/threads/{thread_id}/history")).json() == []
    unknown = await http.get(f"/threads/{NOWHERE}/history")
    assert (unknown.status_code, unknown.json()) == (404, {"detail": f"Thread with ID {NOWHERE} not found"})


# --- time travel


@pytest.mark.parametrize("form", ["checkpoint_id", "checkpoint"])
async def test_a_run_starts_at_a_checkpoint_of_the_past(client: LangGraphClient, thread_id: str, form: str) -> None:
    history = await stepped(client, thread_id)
    place = history[3]["checkpoint"]
    where: Any = {form: place["checkpoint_id"] if form == "checkpoint_id" else place}

    told: Any = await client.runs.wait(thread_id, "steps", input=None, **where)

    after: Any = await client.threads.get_history(thread_id, limit=50)
    assert told["done"] == [0, 1, 2]
    assert len(after) > len(history)
    assert [state for state in after if state in history] == history
    state: Any = await client.threads.get_state(thread_id)
    assert state["values"] == told == (await client.threads.get(thread_id))["values"]


async def test_input_at_a_checkpoint_branches_off(client: LangGraphClient, thread_id: str) -> None:
    history = await stepped(client, thread_id)
    where = history[1]["checkpoint"]["checkpoint_id"]
    told: Any = await client.runs.wait(thread_id, "steps", input={"steps": 4}, checkpoint_id=where)
    state: Any = await client.threads.get_state(thread_id)
    assert told == state["values"] == {"steps": 4, "done": [0, 1, 2, 3]}


async def test_an_answer_belongs_to_its_checkpoint(client: LangGraphClient, thread_id: str) -> None:
    """As in the engine: who goes back to an answered question finds it answered; a fork asks anew."""
    place = (await asked(client, thread_id))["checkpoint"]["checkpoint_id"]
    yes = await client.runs.wait(thread_id, "approval", command={"resume": "yes"})
    again = await client.runs.wait(thread_id, "approval", command={"resume": "no"}, checkpoint_id=place)
    state = await client.threads.get_state(thread_id)
    assert yes == again == state["values"] == {"log": ["drafted", "answered yes"]}
    assert (await client.threads.get(thread_id))["status"] == "idle"


async def test_a_fork_before_a_question_asks_again_and_takes_an_answer(client: LangGraphClient, thread_id: str) -> None:
    place = (await asked(client, thread_id))["checkpoint"]["checkpoint_id"]
    await client.runs.wait(thread_id, "approval", command={"resume": "yes"})
    await client.threads.update_state(thread_id, {"log": ["forked"]}, as_node="draft", checkpoint_id=place)
    assert (await client.threads.get(thread_id))["status"] == "interrupted"

    again: Any = await client.runs.wait(thread_id, "approval", input=None)
    done = await client.runs.wait(thread_id, "approval", command={"resume": "maybe"})

    assert [i["value"] for i in again["__interrupt__"]] == [{"question": "send it?"}]
    assert done == {"log": ["drafted", "forked", "answered maybe"]}


async def test_a_checkpoint_nobody_knows_is_an_empty_state(client: LangGraphClient, thread_id: str) -> None:
    await stepped(client, thread_id)
    told = await client.runs.wait(thread_id, "steps", input={"steps": 1}, checkpoint_id=NOWHERE)
    assert told == {"steps": 1, "done": [0]}


async def test_a_checkpoint_id_must_be_a_uuid(http: httpx.AsyncClient, thread_id: str) -> None:
    body = {"assistant_id": "steps", "input": {}, "checkpoint_id": "nope"}
    response = await http.post(f"/threads/{thread_id}/runs", json=body)
    assert (response.status_code, response.json()) == (422, {"detail": "Invalid checkpoint ID"})
