"""What can go wrong, as facts: every refusal a client can meet derives from one of these."""

from collections.abc import Mapping
from typing import Any, ClassVar


class ConfigurationError(Exception):
    """The installation cannot start: an environment variable, langgraph.json or a graph is wrong."""


class DomainError(Exception):
    """A refusal with a code for machines, data for both, and one sentence for people.

    The sentence is the class's `message`, formatted with the data given.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[str] = "The request was refused."

    def __init__(self, **data: Any) -> None:
        self.data: Mapping[str, Any] = data
        super().__init__(self.message.format(**data))


class NotFound(DomainError):
    code = "not_found"
    message = "Not Found"


class Gone(DomainError):
    """It was there, and is kept no longer (410)."""

    code = "gone"
    message = "Gone"


class Conflict(DomainError):
    code = "conflict"
    message = "Conflict"


class Invalid(DomainError):
    """The request can be read but asks for something that makes no sense (422)."""

    code = "invalid"
    message = "{detail}"


class BadRequest(DomainError):
    """A well-formed request that the graph or its state cannot satisfy (400)."""

    code = "bad_request"
    message = "{detail}"


class Forbidden(DomainError):
    code = "forbidden"
    message = "Forbidden"


class Unavailable(DomainError):
    """Our own database cannot be reached; the client may try again."""

    code = "unavailable"
    message = "Service Unavailable"


class TooMany(DomainError):
    """Of requests or runs; later there will be room again (429). `retry_after`: seconds."""

    code = "too_many"
    message = "{detail}"


class Unauthenticated(DomainError):
    """Nobody we know is asking (401)."""

    code = "unauthenticated"
    message = "Unauthorized"


class Failed(DomainError):
    """The application's own code failed where it had to decide (500)."""

    code = "failed"
    message = "{detail}"


class Refused(DomainError):
    """By the application's own handlers, with the status that they chose."""

    code = "refused"
    message = "{detail}"
    status = 403
    headers: Mapping[str, str] = {}

    def __init__(self, *, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail=detail)
        self.status = status
        self.headers = headers or {}
