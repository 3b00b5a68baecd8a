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
TESTS = Path(__file__).parent
GRAPHS = TESTS / "graphs"
#: Their files take minutes: begun first, so that none is waited for at the end.
LONG = {"browser", "flows", "packaging"}


def pytest_configure(config: pytest.Config) -> None:
    """Before Django's settings are read: they take the services from the environment."""
    if config.getoption("numprocesses"):
        # Of its processes each has services of its own; it runs no tests itself.
        return
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


def pytest_unconfigure(config: pytest.Config) -> None:
    SERVICES.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] not in LONG)


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
