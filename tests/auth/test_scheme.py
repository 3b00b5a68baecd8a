"""Which way of deciding a process has, and that it has only one."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from langgraph_server.auth import scheme as schemes
from langgraph_server.auth.application import Application
from langgraph_server.auth.ownership import Ownership, label_of
from langgraph_server.auth.scheme import Anyone, is_open, scheme
from langgraph_server.config.document import GraphSpec, ServerConfig
from langgraph_server.errors import ConfigurationError

GRAPHS = Path(__file__).parents[1] / "graphs"
CONFIG = ServerConfig(root=GRAPHS, graphs={"echo": GraphSpec("echo", "./echo.py:graph")})
OWN = {"path": "./guard.py:auth"}


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    scheme.cache_clear()
    yield
    scheme.cache_clear()


def configure(monkeypatch: pytest.MonkeyPatch, settings: Any, *words: str, **auth: str) -> None:
    monkeypatch.setattr(schemes, "server_config", lambda: replace(CONFIG, auth=auth))
    settings.API_AUTH = [*words]


def test_nothing_configured_is_open(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    configure(monkeypatch, settings, "noop")

    assert isinstance(scheme(), Anyone)
    assert is_open()


@pytest.mark.parametrize("words", [["keys"], ["users"], ["keys", "users"]])
def test_the_server_decides_when_it_is_told_to(
    monkeypatch: pytest.MonkeyPatch, settings: Any, words: list[str]
) -> None:
    configure(monkeypatch, settings, *words)

    assert isinstance(scheme(), Ownership)
    assert not is_open()


def test_the_application_decides_when_it_can(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    configure(monkeypatch, settings, "noop", **OWN)

    assert isinstance(scheme(), Application)


@pytest.mark.parametrize(
    ("words", "auth", "told"),
    [
        (["keys"], OWN, "cannot both decide"),
        (["langsmith"], {}, "'langsmith' is none of noop, keys, users"),
        (["noop"], {"path": "./guard.py:missing"}, "has no 'missing'"),
        (["noop"], {"path": "./echo.py:graph"}, "Auth, but"),
    ],
)
def test_what_cannot_decide_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, settings: Any, words: list[str], auth: dict[str, str], told: str
) -> None:
    configure(monkeypatch, settings, *words, **auth)

    with pytest.raises(ConfigurationError, match=told):
        scheme()


def test_labels_in_the_store_are_different_where_identities_are() -> None:
    identities = ["service:a.b", "service:a%2Eb", "service:a%2eb", "service:ab"]

    labels = [label_of(identity) for identity in identities]
    assert len({*labels}) == len(identities)
    assert not any("." in label for label in labels)
