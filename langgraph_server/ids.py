"""Identifiers: time-ordered ones for threads and runs, checked ones from clients."""

from uuid import UUID

from uuid_utils.compat import uuid7

from langgraph_server.errors import Invalid

__all__ = ["parse_uuid", "uuid7"]


def parse_uuid(value: str, *, detail: str) -> UUID:
    """Undashed and upper-case forms are accepted, as the contract says; `detail` is told to the client."""
    try:
        return UUID(value)
    except (ValueError, AttributeError, TypeError):
        raise Invalid(detail=detail) from None
