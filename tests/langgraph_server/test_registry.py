"""The graphs of langgraph.json: found by id, and opened with a saver and store of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.store.memory import InMemoryStore

from langgraph_server.errors import ConfigurationError, NotFound
from langgraph_server.graphs.registry import GraphNotFound, load_graphs, open_graph, registry
from langgraph_server.graphs.reports import GraphReport, describe
from langgraph_server.graphs.sources import SharedGraph

WriteApplication = Callable[..., Path]

GRAPHS = """
import contextlib, operator, typing
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.func import entrypoint
from langgraph.graph import StateGraph
from langgraph.store.memory import InMemoryStore
from langgraph_sdk.runtime import ServerRuntime

class State(typing.TypedDict):
    said: typing.Annotated[list[str], operator.add]

def saying(word):
    builder = StateGraph(State)
    builder.add_node("say", lambda state: {"said": [word]})
    builder.set_entry_point("say")
    return builder

builder = saying("built")
compiled = saying("compiled").compile(checkpointer=InMemorySaver(), store=InMemoryStore(), name="mine")

remembering = StateGraph(State)
remembering.add_node("sub", saying("sub").compile(checkpointer=True))
remembering.set_entry_point("sub")

@entrypoint()
def functional(text: str, *, previous: str | None = None) -> str:
    return (previous or "") + text

def factory(config: RunnableConfig):
    return saying(config["configurable"]["word"])

@contextlib.asynccontextmanager
async def manager(runtime: ServerRuntime):
    yield compiled

def broken(config):
    return 42
"""
CONFIG: RunnableConfig = {"configurable": {"thread_id": "1", "word": "made"}}


@pytest.fixture
def application(write_application: WriteApplication) -> Path:
    names = ("builder", "compiled", "remembering", "functional", "factory", "manager", "broken")
    graphs = {name: f"./some_graphs.py:{name}" for name in names}
    return write_application({"some_graphs.py": GRAPHS}, config={"graphs": graphs})


async def said(graph_id: str, checkpointer: InMemorySaver | None = None) -> object:
    async with open_graph(graph_id, CONFIG, "threads.create_run", checkpointer=checkpointer) as graph:
        answer: object = await graph.ainvoke({"said": []}, CONFIG)
    return answer


@pytest.mark.usefixtures("application")
def test_graphs_are_listed_in_order() -> None:
    assert registry().graph_ids == (
        "broken",
        "builder",
        "compiled",
        "factory",
        "functional",
        "manager",
        "remembering",
    )


@pytest.mark.usefixtures("application")
def test_the_registry_is_loaded_once() -> None:
    assert registry() is registry()


@pytest.mark.usefixtures("application")
def test_two_graphs_of_one_file_come_from_one_module() -> None:
    sources = [registry().get(graph_id) for graph_id in ("builder", "compiled")]
    states = {
        source.graph.builder.state_schema  # type: ignore[attr-defined]
        for source in sources
        if isinstance(source, SharedGraph)
    }

    assert len(states) == 1


def test_an_id_may_have_spaces_and_capitals(write_application: WriteApplication) -> None:
    entry = {"path": "./some_graphs.py:builder", "queue": "slow"}
    write_application({"some_graphs.py": GRAPHS}, config={"graphs": {"Deep Researcher": entry}})

    assert registry().spec("Deep Researcher").queue == "slow"


def test_an_unknown_graph_is_answered_with_the_known_ones(write_application: WriteApplication) -> None:
    graphs = {"b": "./some_graphs.py:builder", "a": "./some_graphs.py:builder"}
    write_application({"some_graphs.py": GRAPHS}, config={"graphs": graphs})

    with pytest.raises(GraphNotFound) as caught:
        registry().get("c")

    assert str(caught.value) == "Graph 'c' not found. Expected one of: ['a', 'b']"
    assert isinstance(caught.value, NotFound)


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize(
    ("graph_id", "word"),
    [("builder", "built"), ("compiled", "compiled"), ("factory", "made"), ("manager", "compiled")],
)
async def test_every_kind_of_graph_opens_and_runs(graph_id: str, word: str) -> None:
    assert await said(graph_id) == {"said": [word]}


@pytest.mark.usefixtures("application")
async def test_a_functional_graph_remembers_through_the_given_saver() -> None:
    saver = InMemorySaver()
    for expected in ("a", "aa"):
        async with open_graph("functional", CONFIG, "threads.create_run", checkpointer=saver) as graph:
            assert await graph.ainvoke("a", CONFIG) == expected


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("graph_id", ["builder", "compiled", "functional", "factory", "manager"])
async def test_an_open_graph_has_the_name_saver_and_store_it_was_asked_for(graph_id: str) -> None:
    saver, store = InMemorySaver(), InMemoryStore()

    async with open_graph(graph_id, CONFIG, "threads.create_run", checkpointer=saver, store=store) as graph:
        assert graph.name == graph.get_name() == graph_id
        assert graph.checkpointer is saver
        assert graph.store is store


@pytest.mark.usefixtures("application")
@pytest.mark.parametrize("graph_id", ["compiled", "manager"])
async def test_without_a_saver_and_a_store_none_is_used(graph_id: str) -> None:
    async with open_graph(graph_id, CONFIG, "assistants.read") as graph:
        assert graph.checkpointer is None
        assert graph.store is None


@pytest.mark.usefixtures("application")
async def test_opening_leaves_the_shared_graph_as_it_was() -> None:
    source = registry().get("compiled")
    assert isinstance(source, SharedGraph)
    before = dict(vars(source.graph))

    await said("compiled", checkpointer=InMemorySaver())

    assert vars(source.graph) == before


@pytest.mark.usefixtures("application")
async def test_a_subgraph_with_a_history_of_its_own_uses_the_saver_of_the_run() -> None:
    saver = InMemorySaver()

    assert await said("remembering", checkpointer=saver) == {"said": ["sub"]}
    # One from the thread, and from the subgraph: one remembered, one given by its parent, one said again.
    assert await said("remembering", checkpointer=saver) == {"said": ["sub"] * 4}


@pytest.mark.usefixtures("application")
async def test_a_subgraph_with_a_history_of_its_own_runs_without_a_saver() -> None:
    assert await said("remembering") == {"said": ["sub"]}


@pytest.mark.usefixtures("application")
async def test_a_factory_that_makes_no_graph_is_named() -> None:
    with pytest.raises(ConfigurationError, match="Graph 'broken': its factory made no graph, but int"):
        await said("broken")


def test_a_graph_that_cannot_be_imported_stops_the_start(write_application: WriteApplication) -> None:
    source = "import json\n\ndef load():\n    raise OSError('no model')\n\ngraph = load()\n"
    root = write_application({"some_graphs.py": source}, config={"graphs": {"chat": "some_graphs:graph"}})

    with pytest.raises(ConfigurationError) as caught:
        load_graphs()

    message = str(caught.value)
    assert "Graph 'chat': Cannot import 'some_graphs:graph'" in message
    assert f"{root}/some_graphs.py, line 4: OSError: no model" in message
    assert "Traceback" in message


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("graph = 42", "it is neither a graph nor a graph factory, but int"),
        ("def graph(a, b): ...", r"Graph factory graph\(a, b\) can only accept"),
        (
            "from langgraph.graph import StateGraph\ngraph = StateGraph(dict)",
            "it cannot be compiled: Graph must have an entrypoint",
        ),
    ],
)
def test_what_is_no_graph_stops_the_start(write_application: WriteApplication, source: str, complaint: str) -> None:
    write_application({"some_graphs.py": source}, config={"graphs": {"chat": "./some_graphs.py:graph"}})

    with pytest.raises(ConfigurationError, match=f"Graph 'chat': {complaint}"):
        load_graphs()


@pytest.mark.usefixtures("application")
def test_a_report_says_what_each_graph_turned_out_to_be() -> None:
    reports = {report.graph_id: report for report in describe(registry())}

    assert list(reports) == list(registry().graph_ids)
    assert reports["compiled"] == GraphReport("compiled", "./some_graphs.py:compiled", "compiled graph", (), 1)
    assert reports["builder"].kind == "builder"
    assert (reports["functional"].kind, reports["functional"].nodes) == ("entrypoint", 1)
    assert (reports["manager"].kind, reports["manager"].arguments) == ("factory", ("runtime",))
    assert (reports["factory"].arguments, reports["factory"].nodes) == (("config",), None)
