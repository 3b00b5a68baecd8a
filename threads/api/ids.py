"""Ids of threads, as clients write them."""

from uuid import UUID

from langgraph_server.errors import BadRequest
from langgraph_server.ids import parse_uuid

BAD_ID = "Invalid thread ID: must be a UUID"


def thread_uuid(value: str) -> UUID:
    return parse_uuid(value, detail=BAD_ID)


def lenient_uuid(value: str, detail: str) -> UUID:
    """Where the wire answers a malformed id with 400."""
    try:
        return UUID(value)
    except ValueError:
        raise BadRequest(detail=detail) from None
