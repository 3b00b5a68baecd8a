"""The shop's own pages, and the server's routes beside them."""

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def wares(request: HttpRequest) -> HttpResponse:
    return HttpResponse("apples, pears")


urlpatterns = [path("wares", wares), path("", include("langgraph_server.urls"))]
