"""`langgraph-server settings`: what an operator sees of the environment."""

from io import StringIO

import pytest
from django.core.management import call_command

from langgraph_server import env


def shown() -> str:
    told = StringIO()
    call_command("settings", stdout=told)
    return told.getvalue()


def test_a_value_is_shown_with_where_it_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BG_JOB_MAX_RETRIES", "7")
    monkeypatch.setattr(env, "LEFT_BY_DEV", {"BG_JOB_MAX_RETRIES": "8", "REDIS_KEY_PREFIX": "mine:"})

    assert "  BG_JOB_MAX_RETRIES: 7  [environment]\n" in shown()
    assert "  REDIS_KEY_PREFIX: mine:  [dev]\n" in shown()
    assert "  LANGGRAPH_SERVER_SWEEP_SECS: 5 s, minimum 0.2\n" in shown()


def test_an_alias_is_shown_by_the_name_that_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URI", raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://there:6379/2")

    assert "  REDIS_URL: redis://there:6379/2  [environment]\n" in shown()


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("postgresql://ada:top:s@cret@there/db", "postgresql://ada:…@there/db"),
        (
            "postgresql://there/db?user=ada&password=top&sslmode=require",
            "postgresql://there/db?user=ada&password=…&sslm",
        ),
        ("postgresql://ada@there:5432/db", "postgresql://ada@there:5432/db"),
    ],
)
def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch, uri: str, told: str) -> None:
    monkeypatch.setenv("DATABASE_URI", uri)

    assert f"  DATABASE_URI: {told}" in shown()


@pytest.mark.parametrize("name", ["SECRET_KEY", "LANGGRAPH_AES_KEY", "WEBHOOK_SECRETS"])
def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "0123456789abcdef")

    assert "0123456789abcdef" not in shown()
    assert f"  {name}: set, 16 characters  [environment]\n" in shown()
