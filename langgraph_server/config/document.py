"""The shape of langgraph.json as frozen values, checked when they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langgraph_server.errors import ConfigurationError


@dataclass(frozen=True)
class GraphSpec:
    graph_id: str
    path: str
    description: str | None = None
    #: The Celery queue whose workers run this graph. Our extension of the file: other servers ignore it.
    queue: str = "default"


@dataclass(frozen=True, kw_only=True)
class ServerConfig:
    #: Relative paths of the file start here.
    root: Path
    graphs: Mapping[str, GraphSpec]
    dependencies: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    store: Mapping[str, Any] = field(default_factory=dict)
    checkpointer: Mapping[str, Any] = field(default_factory=dict)
    auth: Mapping[str, Any] = field(default_factory=dict)
    http: Mapping[str, Any] = field(default_factory=dict)
    webhooks: Mapping[str, Any] = field(default_factory=dict)
    encryption: Mapping[str, Any] = field(default_factory=dict)
    priority: Mapping[str, Any] = field(default_factory=dict)


def parse(document: Mapping[str, Any], root: Path) -> ServerConfig:
    """Keys we do not know are left alone: most of them only matter when an image is built."""
    return ServerConfig(
        root=root,
        graphs=read_graphs(document),
        dependencies=read_dependencies(document),
        env=read_env(document),
        store=read_section(document, "store"),
        checkpointer=read_section(document, "checkpointer"),
        auth=read_section(document, "auth"),
        http=read_section(document, "http"),
        webhooks=read_section(document, "webhooks"),
        encryption=read_section(document, "encryption"),
        priority=read_section(document, "priority"),
    )


def read_graphs(document: Mapping[str, Any]) -> dict[str, GraphSpec]:
    graphs = read_section(document, "graphs")
    if not graphs:
        raise ConfigurationError("graphs: at least one graph is required")
    return {graph_id: read_graph(graph_id, entry) for graph_id, entry in graphs.items()}


def read_graph(graph_id: str, entry: object) -> GraphSpec:
    key = f"graphs.{graph_id}"
    if not isinstance(entry, Mapping):
        return GraphSpec(graph_id, path=read_text(entry, key))
    description = entry.get("description")
    return GraphSpec(
        graph_id,
        path=read_text(entry.get("path"), f"{key}.path"),
        description=None if description is None else read_text(description, f"{key}.description"),
        queue=read_text(entry.get("queue", "default"), f"{key}.queue"),
    )


def read_dependencies(document: Mapping[str, Any]) -> tuple[str, ...]:
    dependencies = document.get("dependencies") or []
    if not isinstance(dependencies, list):
        raise ConfigurationError(f"dependencies: must be a list, not {kind(dependencies)}")
    return tuple(read_text(each, f"dependencies.{place}") for place, each in enumerate(dependencies))


def read_env(document: Mapping[str, Any]) -> dict[str, str]:
    env = read_section(document, "env")
    for name, value in env.items():
        if not isinstance(value, str):
            raise ConfigurationError(f"env.{name}: must be text, not {kind(value)}")
    return env


def read_section(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    section = document.get(key)
    if section is None:
        return {}
    if not isinstance(section, Mapping):
        raise ConfigurationError(f"{key}: must be an object, not {kind(section)}")
    return dict(section)


def read_text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{key}: must be text, not {kind(value)}")
    if not value:
        raise ConfigurationError(f"{key}: must not be empty")
    return value


def kind(value: object) -> str:
    return "missing" if value is None else type(value).__name__
