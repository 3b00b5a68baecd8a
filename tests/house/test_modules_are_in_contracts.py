"""A list of layers says nothing of modules it leaves out: each is in a contract, or named here as free, and why."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FREE = {
    "langgraph_server.__main__": "the entry point: it only calls Django's",
    "langgraph_server.admin": "pages of the admin, used by the apps' own",
    "langgraph_server.apps": "Django's",
    "langgraph_server.arrays": "pure: imports nothing of ours",
    "langgraph_server.background": "pure: imports nothing of ours",
    "langgraph_server.batching": "pure: imports nothing of ours",
    "langgraph_server.blocking": "of the web process: imports nothing of ours",
    "langgraph_server.clock": "below all: asks the database for the time",
    "langgraph_server.commands": "pure: imports nothing of ours",
    "langgraph_server.configurations": "pure: imports the errors only",
    "langgraph_server.documents": "a column: imports the encoding only",
    "langgraph_server.encoding": "pure: imports nothing of ours",
    "langgraph_server.env": "below all: variables are read with it",
    "langgraph_server.garbage": "below all: how Python collects it",
    "langgraph_server.ids": "below all: imports the errors only",
    "langgraph_server.instances": "below all: rows in, instances of any model out",
    "langgraph_server.loopback": "between the SDK and the routes, which it names and never imports",
    "langgraph_server.logs": "Django's logging is configured with it",
    "langgraph_server.measuring": "beside all: imports the telemetry only",
    "langgraph_server.migrations": "Django's",
    "langgraph_server.mounting": "of the web process: imports the encoding only",
    "langgraph_server.parts": "of the worker: imports nothing of ours",
    "langgraph_server.pipelines": "below all: statements over the connection there is",
    "langgraph_server.postgres": "Django's backend, made ours: imports nothing of ours",
    "langgraph_server.rows": "below all: the way from a loop to any row",
    "langgraph_server.settings": "Django's",
    "langgraph_server.telemetry": "beside all: imports its variables and the errors only",
    "langgraph_server.tracing": "beside all: imports the telemetry only",
    "runs.account": "what a run's page shows",
    "runs.apps": "Django's",
    "runs.compaction": "pure: imports the encoding only",
    "runs.excerpts": "pure: any value in, plain data out",
    "runs.lifecycle": "beside admission: deletes what that made",
    "runs.lines": "pure: what the execution writes and the protocol reads",
    "runs.lookup": "reads a row",
    "runs.merging": "pure: requests and errors in, a document out",
    "runs.migrations": "Django's",
    "runs.paces": "pure: seconds counted into buckets",
    "runs.protocols": "below all of them: imports nothing of ours",
    "runs.result": "reads rows and events",
    "runs.standing": "questions about a row, for the admin",
    "runs.visibility": "reads rows: whose are they",
    "runs.thread_streaming": "above streaming: one run after the other",
    "runs.topic": "reads the runs of a thread",
}


def rooms(package: str) -> set[str]:
    """The modules and packages right below."""
    folder = ROOT / package
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return {f"{package}.{name}" for name in modules | packages}


def contracted() -> set[str]:
    """What the contracts name, with or without the parentheses of a layer that may be missing."""
    named: set[str] = set()
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    for contract in document["tool"]["importlinter"]["contracts"]:
        for key in ("layers", "source_modules", "forbidden_modules", "protected_modules", "modules"):
            for entry in contract.get(key, ()):
                named |= {name.strip(" ()") for name in entry.split("|")}
    return named


@pytest.mark.parametrize("package", ["runs", "langgraph_server"])
def test_every_module_is_in_a_contract_or_named_as_free(package: str) -> None:
    assert rooms(package) - contracted() - set(FREE) == set()


def test_free_modules_exist_and_are_in_no_contract() -> None:
    assert set(FREE) <= rooms("runs") | rooms("langgraph_server")
    assert set(FREE) & contracted() == set()
