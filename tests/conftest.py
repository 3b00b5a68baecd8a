"""One embedded Postgres and Redis for the whole test session, in a folder that goes with it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import django
import pytest
from django.db import connection

from langgraph_server import embedded
from langgraph_server.testing.undertaker import mortal_folder

SERVICES = ExitStack()
GRAPHS = Path(__file__).parent / "graphs"


def pytest_configure(config: pytest.Config) -> None:
    """Before Django's settings are read: they take the services from the environment."""
    folder = SERVICES.enter_context(mortal_folder("lgs-tests-"))
    services = SERVICES.enter_context(embedded.services(folder))
    os.environ.update(
        DATABASE_URI=services.database_uri,
        REDIS_URI=services.redis_uri,
        LANGGRAPH_CONFIG=str(GRAPHS / "langgraph.json"),
        DJANGO_SETTINGS_MODULE="langgraph_server.settings",
        SECRET_KEY="for tests only",
    )
    django.setup()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of a folder share live servers: side by side go folders."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(item.path.parent.name))


def pytest_unconfigure(config: pytest.Config) -> None:
    SERVICES.close()


@pytest.fixture(autouse=True)
def nothing_is_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Django empties its own tables between tests that commit; those of the libraries it does not know."""
    marker = request.node.get_closest_marker("django_db")
    if not marker or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE checkpoints, checkpoint_blobs, checkpoint_writes, store CASCADE")
