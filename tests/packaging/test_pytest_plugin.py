"""The fixtures that users have for tests of their own graphs."""

import json
import os
from pathlib import Path

import pytest

from langgraph_server.errors import ConfigurationError
from langgraph_server.testing.server import serving_application

pytest_plugins = ["pytester"]

GRAPH = """
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt


def ask(state):
    return {"messages": [("ai", f"you said {interrupt('really?')}")]}


graph = StateGraph(MessagesState).add_node("ask", ask).add_edge(START, "ask").compile()
"""

TESTS = """
import pytest

ASKED = {"messages": [{"role": "user", "content": "hello"}]}


def test_a_plain_test(langgraph_sync_client):
    thread = langgraph_sync_client.threads.create()
    asked = langgraph_sync_client.runs.wait(thread["thread_id"], "asking", input=ASKED)
    assert asked["__interrupt__"][0]["value"] == "really?"
    done = langgraph_sync_client.runs.wait(thread["thread_id"], "asking", command={"resume": "yes"})
    assert done["messages"][-1]["content"] == "you said yes"


@pytest.mark.asyncio
async def test_an_asynchronous_one(langgraph_client, langgraph_server):
    seen = [part.event async for part in langgraph_client.runs.stream(None, "asking", input=ASKED)]
    assert "values" in seen
    assert "--- web" in langgraph_server.logs()


@pytest.mark.asyncio
async def test_another_on_a_loop_of_its_own(langgraph_client):
    assert [found["graph_id"] for found in await langgraph_client.assistants.search()] == ["asking"]
"""

CONFIGURATION = """
[pytest]
langgraph_config = application/langgraph.json
filterwarnings = error
addopts = -p no:valkey
asyncio_default_fixture_loop_scope = function
"""


def write(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("application")
    (folder / "langgraph.json").write_text(json.dumps({"graphs": {"asking": "./asking.py:graph"}}))
    (folder / "asking.py").write_text(GRAPH)
    pytester.path.joinpath("pytest.ini").write_text(CONFIGURATION)
    pytester.makepyfile(TESTS)


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a user's shell: it names no services, no settings and no application."""
    for name in [name for name in os.environ if name.endswith("_URI") or name.startswith(("LANGGRAPH_", "DJANGO_"))]:
        monkeypatch.delenv(name)


@pytest.mark.timeout(300)
def test_the_fixtures_serve_an_application_and_leave_nothing_beside_it(pytester: pytest.Pytester) -> None:
    write(pytester)

    pytester.runpytest_subprocess(timeout=290).assert_outcomes(passed=3)

    left = {path.name for path in (pytester.path / "application").iterdir()} - {"__pycache__"}
    assert left == {"asking.py", "langgraph.json"}


def test_a_session_without_an_application_is_told_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"langgraph\.json does not exist.* langgraph_config"):
        serving_application(tmp_path / "langgraph.json").__enter__()
