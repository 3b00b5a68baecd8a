"""Is the server there, and what is it? Open to everybody, without secrets."""

import importlib.metadata
from typing import Any

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse

from langgraph_server import encoding

VERSION = importlib.metadata.version("django-langgraph-server")

INFO: dict[str, Any] = {
    "version": VERSION,
    "langgraph_py_version": importlib.metadata.version("langgraph"),
    "flags": {
        "assistants": True,
        "crons": True,
        "langsmith": False,
        "langsmith_tracing_replicas": False,
        "langsmith_tracing_session_on_runs": False,
    },
    "host": {
        "kind": "self-hosted",
        "project_id": None,
        "host_revision_id": None,
        "revision_id": None,
        "tenant_id": None,
    },
}


def ok(request: HttpRequest) -> HttpResponse:
    """With `?check_db=1` also whether the database answers; 503 if it does not."""
    services = {}
    if request.GET.get("check_db", "0") not in {"0", ""}:
        services["postgres"] = "healthy" if database_answers() else "unhealthy"
    healthy = "unhealthy" not in services.values()
    return json_response({"ok": healthy, "services": services}, 200 if healthy else 503)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (OperationalError, InterfaceError):
        return False
    return True


def info(request: HttpRequest) -> HttpResponse:
    return json_response(INFO)


def json_response(document: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(encoding.dumps(document), content_type="application/json", status=status)
