"""What graphs look like, whatever they are written as."""

from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from assistants import introspection
from assistants.errors import NotDrawable
from assistants.models import Assistant
from langgraph_server.graphs.sources import Graph
from tests.langgraph_server.conftest import WriteApplication, write_application

__all__ = ["write_application"]

GRAPHS = dedent("""
    from dataclasses import dataclass
    from langchain_core.runnables import RunnableConfig
    from langgraph.func import entrypoint
    from langgraph.graph import START, StateGraph
    from pydantic import BaseModel, Field
    from typing_extensions import TypedDict

    class S(TypedDict):
        x: list

    @dataclass
    class Ctx:
        user_name: str = "anon"
        thread_id: str = ""

    def chain(node, context=None, **nodes):
        builder = StateGraph(S, context_schema=context)
        builder.add_node(node, nodes.get(node) or (lambda s: {"x": [1]}))
        return builder.add_edge(START, node).compile()

    inner = chain("inner", inner=chain("deep"))
    outer = chain("outer", context=Ctx, outer=inner)

    @entrypoint()
    def func(given: dict) -> dict:
        return given

    class Model(BaseModel):
        name: str = Field(description="who")
        n: int = 1

    @dataclass
    class Data:
        a: str
        n: int = 3

    def one(state, **schemas):
        return StateGraph(state, **schemas).add_node("n", lambda s: {}).add_edge(START, "n")

    model, builder = one(Model, context_schema=Model).compile(), one(Data)

    @entrypoint(context_schema=Ctx)
    def typed(given: Model) -> Data:
        return Data("x")

    async def awaited():
        return builder

    MADE = []

    def factory(config: RunnableConfig):
        MADE.append(config)
        return chain(config["configurable"]["node"])
""")
CONFIG = {
    "graphs": {
        name: f"./graphs.py:{name}" for name in ("outer", "func", "factory", "model", "builder", "typed", "awaited")
    }
}


@pytest.fixture(autouse=True)
def _application(write_application: WriteApplication) -> Iterator[None]:
    write_application({"graphs.py": GRAPHS}, config=CONFIG)
    yield
    introspection.DESCRIBED.clear()


def nodes(drawing: dict[str, Any]) -> list[str]:
    return [node["id"] for node in drawing["nodes"]]


async def drawn(graph_id: str, xray: int = 0, **fields: Any) -> list[str]:
    return nodes(await introspection.drawing(Assistant(graph_id=graph_id, **fields), InMemoryStore(), xray=xray))


async def test_an_xray_goes_as_deep_as_was_asked() -> None:
    assert await drawn("outer") == ["__start__", "outer", "__end__"]
    assert await drawn("outer", xray=1) == ["__start__", "__end__", "outer:inner"]
    assert await drawn("outer", xray=2) == ["__start__", "__end__", "outer:inner:deep"]
    assert await drawn("outer", xray=10**6) == ["__start__", "__end__", "outer:inner:deep"]


async def test_the_classes_behind_nodes_are_not_told() -> None:
    drawing = await introspection.drawing(Assistant(graph_id="outer"), InMemoryStore(), xray=0)

    assert drawing["nodes"][1] == {"id": "outer", "type": "runnable", "data": {"name": "outer"}}


async def test_a_factory_is_called_with_the_assistants_config_each_time() -> None:
    assert await drawn("factory", config={"configurable": {"node": "mine"}}) == ["__start__", "mine", "__end__"]
    assert await drawn("factory", config={"configurable": {"node": "yours"}}) == ["__start__", "yours", "__end__"]


async def test_subgraphs_by_namespace_and_depth() -> None:
    assistant = Assistant(graph_id="outer")

    async def found(namespace: str | None, *, recurse: bool) -> list[str]:
        return list(await introspection.subgraphs(assistant, InMemoryStore(), namespace=namespace, recurse=recurse))

    assert await found(None, recurse=False) == ["outer"]
    assert await found(None, recurse=True) == ["outer", "outer|inner"]
    assert await found("outer|inner", recurse=True) == ["outer|inner"]
    assert await found("outer|inner", recurse=False) == []
    assert await found("nope", recurse=True) == []


async def test_schemas_of_a_graph_with_a_context() -> None:
    told = await introspection.schemas_of(Assistant(graph_id="outer"), InMemoryStore())

    assert told["graph_id"] == "outer"
    assert told["input_schema"]["title"] == "S"
    assert told["state_schema"] == {
        "properties": {"x": {"default": None, "items": {}, "title": "X", "type": "array"}},
        "title": "outer_state",
        "type": "object",
    }
    assert set(told["context_schema"]["properties"]) == {"user_name", "thread_id"}
    assert set(told["config_schema"]["properties"]) == {"user_name"}


async def test_schemas_of_the_functional_api() -> None:
    told = await introspection.schemas_of(Assistant(graph_id="func"), InMemoryStore())

    assert told["input_schema"] == {"additionalProperties": True, "title": "func_input", "type": "object"}
    assert list(told["state_schema"]["properties"]) == ["__end__"]
    assert (told["config_schema"], told["context_schema"]) == ({}, None)


async def test_a_graph_that_all_share_is_described_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def describe(graph: Graph) -> dict[str, Any]:
        calls.append(graph)
        return {}

    for graph_id in ("outer", "outer", "func", "factory", "factory"):
        assistant = Assistant(graph_id=graph_id, config={"configurable": {"node": "n"}})
        await introspection.described(assistant, InMemoryStore(), describe)

    assert len(calls) == 4


async def test_what_cannot_be_drawn_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(graph: Graph, xray: int) -> dict[str, Any]:
        raise NotImplementedError

    monkeypatch.setattr(introspection, "draw", refuse)

    with pytest.raises(NotDrawable):
        await drawn("outer")


MODEL = {
    "properties": {
        "name": {"description": "who", "title": "Name", "type": "string"},
        "n": {"default": 1, "title": "N", "type": "integer"},
    },
    "required": ["name"],
    "title": "Model",
    "type": "object",
}


async def described(graph_id: str) -> dict[str, Any]:
    return await introspection.schemas_of(Assistant(graph_id=graph_id), InMemoryStore())


async def test_schemas_of_pydantic_models() -> None:
    told = await described("model")

    assert told["input_schema"] == told["config_schema"] == told["context_schema"] == MODEL
    assert told["state_schema"]["title"] == "model_state"
    assert {name: field["default"] for name, field in told["state_schema"]["properties"].items()} == {
        "name": None,
        "n": None,
    }


@pytest.mark.parametrize("graph_id", ["builder", "awaited"])
async def test_schemas_of_dataclasses_of_builders_and_of_what_a_factory_makes(graph_id: str) -> None:
    told = await described(graph_id)

    assert told["input_schema"] == {
        "properties": {
            "a": {"title": "A", "type": "string"},
            "n": {"default": 3, "title": "N", "type": "integer"},
        },
        "required": ["a"],
        "title": f"{graph_id}_input",
        "type": "object",
    }
    assert (told["config_schema"], told["context_schema"]) == ({}, None)


async def test_schemas_of_a_typed_entrypoint() -> None:
    told = await described("typed")

    assert told["input_schema"] == MODEL
    assert "a" in str(told["output_schema"])
    assert told["context_schema"]["title"] == "Ctx"
