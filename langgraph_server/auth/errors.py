"""Refusals about API keys."""

from langgraph_server.errors import Invalid


class NoOwner(Invalid):
    message = "A key belongs to a user or to a service, to one of them"


class UnknownScope(Invalid):
    message = "'{scope}' is no scope; there are: {known}"
