"""LangSmith's projects that a run is traced to: that of the environment, and the one its request names."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import langsmith
from langsmith.run_trees import WriteReplica
from langsmith.utils import get_tracer_project, tracing_is_enabled

PROJECT, EXAMPLE = "__langsmith_project__", "__langsmith_example_id__"


@contextmanager
def traced(configurable: Mapping[str, Any]) -> Iterator[None]:
    """In the environment's project the trace has the run's id; in another it has one that follows from it."""
    if not tracing_is_enabled() or not (configurable.get(PROJECT) or configurable.get(EXAMPLE)):
        yield
        return
    with langsmith.tracing_context(replicas=replicas(configurable)):
        yield


def replicas(configurable: Mapping[str, Any]) -> list[WriteReplica]:
    default = get_tracer_project()
    wished = configurable.get(PROJECT) or default
    updates = {"reference_example_id": configurable[EXAMPLE]} if configurable.get(EXAMPLE) else None
    others = [WriteReplica(project_name=default)] if wished != default else []
    return [*others, WriteReplica(project_name=wished, updates=updates)]
