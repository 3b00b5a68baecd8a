"""The single door from errors to responses, for Django's views and for the waiting routes alike."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404
from psycopg.errors import ProgramLimitExceeded
from rest_framework import exceptions
from rest_framework.response import Response

from langgraph_server import errors
from langgraph_server.checkpoints.fence import CheckpointsUnavailable
from langgraph_server.errors import DomainError

STATUSES: Mapping[type[DomainError], int] = {
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Invalid: 422,
    errors.BadRequest: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.Refused: 403,
    errors.TooMany: 429,
    errors.Failed: 500,
    errors.Unavailable: 503,
}
RETRY_AFTER = "2"
#: A name that is longer than an index takes, say, and cannot be compressed to fit.
TOO_LARGE = "Something in the request is too large to be stored"


def status_of(error: DomainError) -> int:
    if isinstance(error, errors.Refused):
        return error.status
    return next(status for kind, status in STATUSES.items() if isinstance(error, kind))


def answer(error: Exception) -> tuple[int, str] | None:
    """Status and detail; None for what is a bug of ours."""
    if isinstance(error, DomainError):
        return status_of(error), str(error)
    if isinstance(error, (OperationalError, InterfaceError, CheckpointsUnavailable)):
        return 503, errors.Unavailable.message
    if isinstance(error, DataError) and isinstance(error.__cause__, ProgramLimitExceeded):
        return 400, TOO_LARGE
    if isinstance(error, exceptions.ValidationError):
        return 422, sentence(error.detail)
    if isinstance(error, Http404):
        return 404, errors.NotFound.message
    if isinstance(error, PermissionDenied):
        return 403, errors.Forbidden.message
    if isinstance(error, exceptions.MethodNotAllowed):
        return 405, "Method Not Allowed"
    if isinstance(error, exceptions.APIException):
        return error.status_code, sentence(error.detail)
    return None


def sentence(detail: Any, path: str = "") -> str:
    """The first thing that is wrong, and where; the wire's `detail` is always one string."""
    if isinstance(detail, dict):
        key, inner = next(iter(detail.items()))
        return sentence(inner, path if key == "non_field_errors" else f"{path}.{key}".lstrip("."))
    if isinstance(detail, list):
        return sentence(detail[0], path)
    return f"{path}: {detail}" if path else str(detail)


def headers_of(error: Exception, status: int) -> dict[str, str]:
    told = dict(error.headers) if isinstance(error, errors.Refused) else {}
    if isinstance(error, DomainError) and "retry_after" in error.data:
        told["Retry-After"] = str(error.data["retry_after"])
    return {"Retry-After": RETRY_AFTER, **told} if status in {429, 503} else {**told}


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """For DRF (`EXCEPTION_HANDLER`)."""
    told = answer(error)
    if told is None:
        return None
    status, detail = told
    headers = headers_of(error, status)
    if isinstance(error, exceptions.MethodNotAllowed):
        headers["Allow"] = ", ".join(context["view"].allowed_methods)
    return Response({"detail": detail}, status=status, headers=headers)
