"""What a browser may do on our pages: nothing but what the server itself sent it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse  # noqa: TID251 - the admin's pages speak HTTP
from django.urls import reverse

from langgraph_server.config.http import http_config

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


#: The docs' own style sheet carries its icons within.
OF_DOCS = POLICY.replace("img-src 'self'", "img-src 'self' data:")


class ContentPolicy:
    """Hostile text that were ever shown unescaped could neither run nor load anything."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer
        self.policies = {reverse("admin:index"): POLICY}
        if http_config().offers("docs"):
            self.policies[reverse("docs")] = OF_DOCS

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        # Files say themselves how long they keep; everything else is somebody's.
        response.headers.setdefault("Cache-Control", "no-store")
        for pages, policy in self.policies.items():
            if request.path.startswith(pages):
                response.headers.setdefault("Content-Security-Policy", policy)
        return response
