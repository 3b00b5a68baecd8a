"""One assistant per graph, with the id that every server of this kind gives it."""

from typing import Any
from uuid import UUID

import pytest
from langgraph_sdk.client import LangGraphClient

from langgraph_server.config.loading import server_config
from tests.support.installation import Installation


async def test_there_is_one_per_graph(server: Installation) -> None:
    columns = "graph_id, name, version, metadata, config, context"
    system = "metadata = jsonb_build_object('created_by', 'system')"
    made = server.rows(f"SELECT {columns} FROM assistants_assistant WHERE {system} ORDER BY 1")
    assert made == [(graph, graph, 1, {"created_by": "system"}, {}, {}) for graph in sorted(server_config().graphs)]


@pytest.mark.parametrize(
    ("graph_id", "assistant_id"),
    [
        # Named by the wire contract.
        ("chat", "eb6db400-e3c8-5d06-a834-015cb89efe69"),
    ],
)
async def test_its_id_is_that_of_the_contract(server: Installation, graph_id: str, assistant_id: str) -> None:
    found = server.value("SELECT assistant_id FROM assistants_assistant WHERE graph_id = %s", graph_id)
    assert found == UUID(assistant_id)


async def test_its_runs_say_who_made_it(client: LangGraphClient, thread_id: str) -> None:
    run: Any = await client.runs.create(thread_id, "chat", input={"messages": []})
    assert run["assistant_id"] == "eb6db400-e3c8-5d06-a834-015cb89efe69"
    assert run["metadata"]["created_by"] == "system"
    await client.runs.join(thread_id, run["run_id"])
