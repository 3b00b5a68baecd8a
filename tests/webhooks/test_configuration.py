"""What langgraph.json may say about webhooks; what is wrong stops the start."""

from collections.abc import Mapping
from typing import Any

import pytest

from langgraph_server.errors import ConfigurationError
from webhooks.configuration import allowed_fields_of, headers_of
from webhooks.policy import Policy, policy_of
from webhooks.signing import secrets_of


def test_whoever_writes_a_policy_starts_from_https() -> None:
    assert policy_of(None) == Policy(require_https=False, max_url_length=4096)
    assert policy_of({}) == Policy(require_https=True, max_url_length=2048)
    assert policy_of({"require_https": False, "unknown": 1}).require_https is False


@pytest.mark.parametrize(
    "section",
    [
        [],
        {"require_https": "yes"},
        {"max_url_length": 0},
        {"allowed_domains": "example.com"},
        {"allowed_domains": ["ex*mple.com"]},
        {"allowed_domains": ["*"]},
        {"allowed_ports": ["443"]},
    ],
)
def test_a_wrong_policy_is_refused(section: Any) -> None:
    with pytest.raises(ConfigurationError):
        policy_of(section)


def test_headers_take_variables_of_the_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LG_WEBHOOK_TOK", "tok123")

    section = {"headers": {"X-Tok": "Bearer ${{ env.LG_WEBHOOK_TOK }}", "X-Static": "s"}}

    assert headers_of(section) == {"X-Tok": "Bearer tok123", "X-Static": "s"}


@pytest.mark.parametrize(
    "section",
    [
        {"headers": {"X": "${{ env.LG_WEBHOOK_MISSING }}"}},
        {"headers": {"X": "${{ env.DATABASE_URI }}"}},
        {"headers": {"X": "${{ LG_WEBHOOK_TOK }}"}},
        {"headers": {"X": "${{ env.LG_WEBHOOK_TOK }}"}, "env_prefix": "OTHER_"},
        {"headers": {"X": 1}},
        {"headers": {"X": "a\r\nY: b"}},
        {"headers": ["X"]},
    ],
)
def test_wrong_headers_are_refused(section: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LG_WEBHOOK_TOK", "tok123")

    with pytest.raises(ConfigurationError):
        headers_of(section)


@pytest.mark.parametrize("allowed", ["status", ["status", "secret"], [1]])
def test_unknown_fields_are_refused(allowed: Any) -> None:
    with pytest.raises(ConfigurationError, match="allowed_fields"):
        allowed_fields_of({"allowed_fields": allowed})


@pytest.mark.parametrize("text", ["whsec_x", "[]", '{"*": 1}', '{"*": ["%"]}', '{"*": ""}'])
def test_wrong_secrets_are_refused_without_telling_them(text: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        secrets_of(text)

    assert "whsec_x" not in str(refused.value)
