"""Django's own users as principals: by the session of a request, whichever half of the web process serves it."""

from io import BytesIO
from typing import Any

from django.contrib.auth import get_user
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.middleware.csrf import CsrfViewMiddleware

from langgraph_server.auth.asked import Asked
from langgraph_server.auth.principal import Principal, principal_of
from langgraph_server.auth.scopes import ALL
from langgraph_server.errors import Refused

#: Of a websocket, and of the page that it belongs to.
SCHEMES = {"ws": "http", "wss": "https"}


class CsrfCheck(CsrfViewMiddleware):
    """Tells why instead of answering."""

    def _reject(self, request: Any, reason: str) -> Any:
        return reason


def principal_by_session(asked: Asked) -> Principal | None:
    request = asked.request or request_of(asked)
    user = request.user if hasattr(request, "user") else get_user(request)
    if not user.is_authenticated or not user.is_active:
        return None
    refuse_forgery(request, socket=asked.scope.get("type") == "websocket")
    return principal_of({**facts_of(user), "permissions": [ALL]})


def request_of(asked: Asked) -> Any:
    """As Django would have made it, with the session that its cookie names."""
    scheme = SCHEMES.get(asked.scope.get("scheme", ""), asked.scope.get("scheme", "http"))
    scope = {**asked.scope, "method": asked.scope.get("method", "GET"), "scheme": scheme}
    request = ASGIRequest(scope, BytesIO())
    SessionMiddleware(unanswered).process_request(request)
    return request


def refuse_forgery(request: Any, *, socket: bool) -> None:
    """A browser sends its cookie along whoever made it send the request."""
    check = CsrfCheck(unanswered)
    check.process_request(request)
    reason = strange_origin(check, request) if socket else check.process_view(request, unanswered, (), {})
    if reason:
        raise Refused(status=403, detail=f"CSRF Failed: {reason}")


def strange_origin(check: CsrfCheck, request: Any) -> str | None:
    """A websocket begins with a GET, which needs no token; browsers always tell its page's origin."""
    origin = request.META.get("HTTP_ORIGIN")
    if origin is None or check._origin_verified(request):  # type: ignore[attr-defined]  # the stubs lack it
        return None
    return f"a page of {origin} is not one of ours"


def unanswered(request: Any) -> Any:
    raise NotImplementedError


def facts_of(user: Any) -> dict[str, Any]:
    """By its primary key: a name may change, and be given to somebody else."""
    return {
        "identity": f"user:{user.pk}",
        "display_name": user.get_username(),
        "email": getattr(user, user.get_email_field_name(), ""),
        "is_staff": bool(getattr(user, "is_staff", False)),
    }
