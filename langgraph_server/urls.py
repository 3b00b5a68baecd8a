"""What Django serves: resources, health, the API's description, the admin."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerView

from langgraph_server import health


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return health.json_response({"detail": "Not Found"}, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return health.json_response({"detail": "Internal Server Error"}, 500)


handler404 = not_found
handler500 = server_error

urlpatterns = [
    path("", include("threads.api.urls")),
    path("", include("assistants.api.urls")),
    path("", include("crons.api.urls")),
    path("", include("runs.api.urls")),
    path("", health.ok),
    path("ok", health.ok),
    path("info", health.info),
    path("openapi.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs", SpectacularSwaggerView.as_view(url_name="schema")),
    path("admin/", admin.site.urls),
]
