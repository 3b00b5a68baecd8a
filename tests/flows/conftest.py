"""Faults: installations with short leases, and figures that a run of the tests reports."""

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.installation import Installation, installed

FIGURES = pytest.StashKey[dict[str, dict[str, Any]]]()
Report = Callable[..., None]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("flows")) as installation:
        installation.start(web=1, workers=0)
        yield installation


@pytest.fixture
def server(shared: Installation) -> Installation:
    """A web process, two workers and no rows; whoever needs broken services makes an installation of its own."""
    shared.clear()
    shared.ensure_workers(2)
    return shared


@pytest.fixture(autouse=True)
def _logs(request: pytest.FixtureRequest) -> Iterator[None]:
    """A failed test shows what the processes logged."""
    server = request.getfixturevalue("server") if "server" in request.fixturenames else None
    yield
    if server is not None:
        sys.stdout.write(server.logs())


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """Figures of this test, printed at the end of the session."""
    told: dict[str, Any] = {}
    began = time.monotonic()
    yield told.update
    figures = request.config.stash.setdefault(FIGURES, {})
    figures[request.node.name] = {**told, "test_seconds": time.monotonic() - began}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if figures := config.stash.get(FIGURES, {}):
        terminalreporter.section("figures")
        for test, told in figures.items():
            shown = (
                f"{name}={value:.2f}" if isinstance(value, float) else f"{name}={value}" for name, value in told.items()
            )
            terminalreporter.write_line(f"{test}: {' '.join(shown)}")
