"""What Django serves: resources, health, the API's description, the admin."""

from django.contrib import admin
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, get_script_prefix, include, is_valid_path, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView
from drf_spectacular.views import SpectacularSwaggerSplitView as Docs

from assistants.api.urls import urlpatterns as assistants_urls
from crons.api.urls import urlpatterns as crons_urls
from langgraph_server import health
from langgraph_server.api.errors import answer, headers_of
from langgraph_server.api.views import principal_of
from langgraph_server.config.http import http_config
from langgraph_server.description import described_patterns
from langgraph_server.errors import DomainError
from langgraph_server.routing import is_waiting_route
from runs.api.urls import urlpatterns as runs_urls


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Strangers do not learn what there is."""
    try:
        principal_of(request, {})
    except (DomainError, OperationalError, InterfaceError) as refusal:
        return refused(refusal)
    unslashed = request.path_info.rstrip("/")
    if is_slashed(request) and (is_waiting_route(unslashed[1:]) or is_valid_path(unslashed)):
        return HttpResponse(status=307, headers={"Location": get_script_prefix().rstrip("/") + unslashed})
    return health.json_response({"detail": "Not Found"}, 404)


def refused(refusal: Exception) -> HttpResponse:
    status, detail = answer(refusal) or (500, "Internal Server Error")
    response = health.json_response({"detail": detail}, status)
    for name, value in headers_of(refusal, status).items():
        response.headers[name] = value
    return response


def is_slashed(request: HttpRequest) -> bool:
    """As it was sent: an escaped slash is part of a name."""
    sent: bytes = request.META.get("asgi.scope", {}).get("raw_path", b"")
    return sent.endswith(b"/") and b"%" not in sent


def server_error(request: HttpRequest) -> HttpResponse:
    return health.json_response({"detail": "Internal Server Error"}, 500)


def offered(patterns: list[URLPattern]) -> list[URLPattern]:
    """Without the routes that the application does not want (`http.disable_…`)."""
    return [each for each in patterns if http_config().offers(str(each.pattern))]


# A worker that answers its nodes' requests has none yet.
admin.autodiscover()
# The stock page, or a theme's, with the overview above it.
admin.site.index_template = "admin/langgraph_server/index.html"

handler404 = not_found
handler500 = server_error

meta = [
    path("info", health.info),
    path("metrics", health.metrics),
    path("docs", Docs.as_view(url_name="schema", template_name="langgraph_server/docs.html"), name="docs"),
]
urlpatterns = [
    path("", include(offered(assistants_urls))),
    path("", include(offered(crons_urls))),
    path("", include(offered(runs_urls))),
    path("", health.ok),
    path("ok", health.ok),
    *offered(meta),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
]
openapi = path("openapi.json", SpectacularJSONAPIView.as_view(patterns=described_patterns(urlpatterns)), name="schema")
urlpatterns += offered([openapi])
