"""Live servers of an application that brings a web app: one open to all, one guarded, mounted and cut down."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.auth.conftest import guarded as guarded
from tests.support.installation import Installation, installed

GRAPHS = Path(__file__).parents[1] / "graphs"


@pytest.fixture(scope="session")
def outer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("outer"), settings={"LANGGRAPH_CONFIG": str(GRAPHS / "outer.json")}) as here:
        here.start(workers=1)
        yield here


@pytest.fixture(scope="session")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    settings = {"LANGGRAPH_CONFIG": str(GRAPHS / "outer_guarded.json")}
    with installed(tmp_path_factory.mktemp("mounted"), settings=settings) as here:
        here.start(workers=1)
        yield here
