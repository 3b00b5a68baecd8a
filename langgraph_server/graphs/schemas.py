"""JSON schemas of a graph: its input, output, state and context; none where the application's types allow none."""

from collections.abc import Callable
from typing import Any

from langgraph._internal._pydantic import create_model
from langgraph.channels.base import BaseChannel
from langgraph.pregel import Pregel

from langgraph_server.graphs.sources import Graph

Schema = dict[str, Any]

#: Of a configurable: what the server or the engine sets.
INTERNAL = frozenset({"thread_id", "checkpoint_id", "checkpoint_ns", "checkpoint_map"})


def schemas(graph: Graph) -> dict[str, Schema | None]:
    return {
        "input_schema": attempt(graph.get_input_jsonschema),
        "output_schema": attempt(graph.get_output_jsonschema),
        "state_schema": attempt(lambda: state_schema(graph)),
        "config_schema": attempt(lambda: config_schema(graph)),
        "context_schema": attempt(graph.get_context_jsonschema),
    }


def subgraph_schemas(graph: Graph, recurse: bool) -> dict[str, dict[str, Schema | None]]:
    """By namespace: `parent|child`."""
    found = graph.get_subgraphs(recurse=recurse)
    return {namespace: schemas(subgraph) for namespace, subgraph in found if isinstance(subgraph, Pregel)}


def attempt(make: Callable[[], Schema | None]) -> Schema | None:
    try:
        return make()
    except Exception:  # noqa: BLE001 - the application's types may refuse in any way
        return None


def state_schema(graph: Graph) -> Schema:
    """What each channel takes; none of them needs to be there."""
    fields: dict[str, Any] = {
        name: (channel.UpdateType, None)
        for name in graph.stream_channels_list
        if isinstance(channel := graph.channels[name], BaseChannel)
    }
    # Not pydantic's own: it does not know a field called `__end__`, which the functional API has.
    return create_model(graph.get_name("State"), field_definitions=fields).model_json_schema()


def config_schema(graph: Graph) -> Schema:
    """Of the configurable part, which the context has taken the place of."""
    schema = graph.get_context_jsonschema()
    if schema is None:
        return {}
    properties = {key: value for key, value in schema.get("properties", {}).items() if is_open(key)}
    return {**schema, "properties": properties}


def is_open(key: str) -> bool:
    return key not in INTERNAL and not key.startswith("__")
