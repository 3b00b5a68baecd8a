"""langgraph.json as values: what is read, and how a mistake is named."""

from pathlib import Path
from typing import Any

import pytest

from langgraph_server.config.document import GraphSpec, ServerConfig, parse
from langgraph_server.errors import ConfigurationError

ROOT = Path("/app")
GRAPHS = {"chat": "./graphs.py:chat"}


def parsed(**document: object) -> ServerConfig:
    return parse({"graphs": GRAPHS, **document}, ROOT)


def test_a_graph_may_be_written_as_text() -> None:
    assert parsed().graphs == {"chat": GraphSpec("chat", "./graphs.py:chat", None, "default")}


def test_a_graph_may_be_written_with_a_description_and_a_queue() -> None:
    entry = {"path": "agents.deep:graph", "description": "Reads a lot", "queue": "slow"}

    config = parsed(graphs={"Deep Researcher": entry})

    assert config.graphs["Deep Researcher"] == GraphSpec("Deep Researcher", "agents.deep:graph", "Reads a lot", "slow")


def test_what_is_not_written_is_empty() -> None:
    config = parsed()

    assert config.root == ROOT
    assert config.dependencies == ()
    assert not any([config.env, config.store, config.checkpointer, config.auth, config.http])
    assert not any([config.webhooks, config.encryption])


def test_a_null_section_counts_as_not_written() -> None:
    assert parsed(store=None, dependencies=None, env=None) == parsed()


def test_sections_are_kept_as_they_are() -> None:
    config = parsed(http={"app": "./app.py:app"}, dependencies=[".", "httpx"], env={"A": "1"})

    assert config.http == {"app": "./app.py:app"}
    assert config.dependencies == (".", "httpx")
    assert config.env == {"A": "1"}


def test_keys_that_build_images_are_left_alone() -> None:
    assert parsed(python_version="3.12", dockerfile_lines=["RUN true"]) == parsed()


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({}, "graphs: at least one graph"),
        ({"graphs": {}}, "graphs: at least one graph"),
        ({"graphs": ["./graphs.py:chat"]}, "graphs: must be an object, not list"),
        ({"graphs": {"chat": 7}}, "graphs.chat: must be text, not int"),
        ({"graphs": {"chat": ""}}, "graphs.chat: must not be empty"),
        ({"graphs": {"chat": {}}}, "graphs.chat.path: must be text, not missing"),
        ({"graphs": {"chat": {"path": "a:b", "description": 1}}}, "graphs.chat.description: must be text"),
        ({"graphs": {"chat": {"path": "a:b", "queue": None}}}, "graphs.chat.queue: must be text"),
        ({"graphs": GRAPHS, "store": "postgres"}, "store: must be an object, not str"),
        ({"graphs": GRAPHS, "dependencies": "."}, "dependencies: must be a list, not str"),
        ({"graphs": GRAPHS, "dependencies": [{}]}, "dependencies.0: must be text, not dict"),
        ({"graphs": GRAPHS, "env": {"PORT": 8000}}, "env.PORT: must be text, not int"),
    ],
)
def test_a_mistake_is_named_by_its_key(document: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        parse(document, ROOT)
