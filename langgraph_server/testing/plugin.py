"""The pytest plugin: a server for the application's own graphs, and clients of it.

It is loaded with every pytest where the server is installed, so it imports nothing before somebody asks for a fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

    from langgraph_server.testing.server import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "langgraph_config", "the application under test, relative to the root folder", default="langgraph.json"
    )


@pytest.fixture(scope="session")
def langgraph_server(pytestconfig: pytest.Config) -> "Iterator[Server]":
    """The application, served over throwaway services for the whole session."""
    from langgraph_server.testing.server import serving_application  # noqa: PLC0415 - most sessions never ask for it

    with serving_application(pytestconfig.rootpath / pytestconfig.getini("langgraph_config")) as server:
        yield server


@pytest.fixture
def langgraph_client(langgraph_server: "Server") -> "LangGraphClient":
    """The SDK's, for asynchronous tests; on whichever loop the test runs."""
    return langgraph_server.client()


@pytest.fixture
def langgraph_sync_client(langgraph_server: "Server") -> "Iterator[SyncLangGraphClient]":
    """The SDK's, for plain tests."""
    with langgraph_server.sync_client() as client:
        yield client
