"""What a browser may do on the admin's pages: nothing but what the server itself sent it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse  # noqa: TID251 - the admin's pages speak HTTP
from django.urls import reverse

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


class ContentPolicy:
    """Hostile text that were ever shown unescaped could neither run nor load anything."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer
        self.pages = reverse("admin:index")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        if request.path.startswith(self.pages):
            response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
