"""Refusals about the store."""

from langgraph_server.errors import BadRequest, Invalid


class BadLabel(Invalid):
    """Told as plain text, unlike all other refusals."""

    message = "Namespace label '{label}' must be a non-empty string without periods"


class KeyRequired(BadRequest):
    """Told under `error`, unlike all other refusals."""

    message = "Key is required"


class Refused(BadRequest):
    """By the store itself, in its own words."""

    message = "{reason}"
