"""Is the server there, and what is it? Open to everybody, without secrets."""

import importlib.metadata
import os
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from langgraph_server import encoding
from langgraph_server import metrics as figures
from langgraph_server.config.http import http_config
from langgraph_server.streams.connection import RedisError, connect

VERSION = importlib.metadata.version("django-langgraph-server")

INFO: dict[str, Any] = {
    "version": VERSION,
    "langgraph_py_version": importlib.metadata.version("langgraph"),
    "flags": {
        "assistants": True,
        "crons": True,
        "langsmith": bool(os.environ.get("LANGSMITH_API_KEY"))
        and os.environ.get("LANGSMITH_TRACING", "true") == "true",
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
    """With `?check_db=1` also whether the parts answer. Without Postgres it is not: 503. Without Redis it is: runs
    are still accepted and executed, and a probe that took the server away for it would make things worse.
    """
    asked = request.GET.get("check_db", "") or "0"
    if not asked.isdecimal():
        return json_response({"detail": "check_db must be an integer"}, 400)
    if not int(asked):
        return json_response({"ok": True, "services": {}})
    services = {"postgres": health(database_answers()), "redis": health(redis_answers())}
    healthy = services["postgres"] == "healthy"
    return json_response({"ok": healthy, "services": services}, 200 if healthy else 503)


def health(answers: bool) -> str:
    return "healthy" if answers else "unhealthy"


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (OperationalError, InterfaceError):
        return False
    return True


def redis_answers() -> bool:
    try:
        with connect(settings.REDIS_URI) as redis:
            return bool(redis.ping())
    except (RedisError, OSError):
        return False


def metrics(request: HttpRequest) -> HttpResponse:
    if request.GET.get("format") == "json":
        return json_response(figures.document())
    return HttpResponse(figures.text(VERSION), content_type=CONTENT_TYPE_LATEST)


def info(request: HttpRequest) -> HttpResponse:
    flags = {**INFO["flags"], "assistants": http_config().offers("assistants"), "crons": http_config().offers("runs")}
    return json_response({**INFO, "flags": flags})


def json_response(document: Any, status: int = 200) -> HttpResponse:
    return HttpResponse(encoding.dumps(document), content_type="application/json", status=status)
