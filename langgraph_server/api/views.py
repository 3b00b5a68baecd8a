"""The base of Django's views: authenticate, authorise, validate, call one verb, render.

Errors leave through one door.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from langgraph_server.api.parsing import NotJson
from langgraph_server.auth import caller
from langgraph_server.auth.asked import Asked, scope_of
from langgraph_server.auth.filters import Filter
from langgraph_server.auth.principal import Principal
from langgraph_server.auth.scheme import scheme
from langgraph_server.encryption import requests as encryption
from langgraph_server.encryption.context import HEADER
from langgraph_server.encryption.documents import here, opened
from langgraph_server.encryption.errors import EncryptionFailed
from langgraph_server.errors import Invalid


class ApiView(APIView):
    principal: Principal
    #: Methods that make no sense without a body; elsewhere DRF takes none for an empty object.
    bodied: ClassVar[frozenset[str]] = frozenset({"POST", "PATCH", "PUT"})

    @property
    def default_response_headers(self) -> dict[str, str]:
        """The wire names the allowed methods only where one was refused."""
        return {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self.principal = principal_of(request._request, kwargs)
        super().initial(request, *args, **kwargs)
        encryption.begin_here(self.principal, request.headers.get(HEADER))
        if request.method in self.bodied & {*self.allowed_methods} and is_empty(request):
            raise NotJson

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """What is shown here comes from rows, and on the wire nothing is encrypted."""
        try:
            if isinstance(response, Response):
                response.data = here(opened(self.model, "", response.data))
        except EncryptionFailed as error:
            response = self.handle_exception(error)
        return super().finalize_response(request, response, *args, **kwargs)

    @property
    def model(self) -> str:
        """Of the rows that are shown, in the handlers' words: the views of each model are in its app."""
        return type(self).__module__.partition(".")[0].removesuffix("s")

    def authorize(self, resource: str, action: str, value: dict[str, Any]) -> Filter:
        """What the caller may see of the resource; `value` becomes what they may do. Or a refusal."""
        return scheme().decide(self.principal, resource, action, value)


def principal_of(request: HttpRequest, path_params: Mapping[str, Any]) -> Principal:
    scope = scope_of(request.META, request.path)
    return caller.known(scope) or scheme().authenticate(
        Asked(scope=scope, body=lambda: request.body, path_params=path_params, request=request)
    )


def is_empty(request: Request) -> bool:
    return request.META.get("CONTENT_LENGTH") in {"", "0", None}


def validated(serializer: BaseSerializer[Any], body: Any) -> dict[str, Any]:
    """A serializer may be shared: validating leaves nothing on it, and building one costs more than using it."""
    if not isinstance(body, dict):
        raise Invalid(detail=f"Request body must be an object, not {type(body).__name__}")
    result: dict[str, Any] = serializer.run_validation(body)
    return result
