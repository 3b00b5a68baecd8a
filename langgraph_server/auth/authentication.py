"""From a request to its principal. One way for every kind of view."""

from collections.abc import Mapping

from langgraph_server.auth.principal import ANONYMOUS, Principal


def authenticate(headers: Mapping[str, str]) -> Principal:
    """No way of authenticating is built yet: an application that configures one is refused at start (checks.py).

    `x-auth-scheme` is what some clients always send; it is never trust.
    """
    return ANONYMOUS
