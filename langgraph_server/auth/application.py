"""The application's own `langgraph_sdk.Auth` object: it says who calls, and what each caller may do."""

import asyncio
import importlib
import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from langgraph_sdk import Auth

from langgraph_server import encoding
from langgraph_server.auth import caller, loop
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.filters import EVERYTHING, Filter
from langgraph_server.auth.principal import Principal, principal_of
from langgraph_server.errors import BadRequest, ConfigurationError, DomainError, Failed, Refused
from langgraph_server.rows import Rows

logger = logging.getLogger(__name__)

NOBODY = (
    "Expected a BaseUser instance with required property: identity (str). Optional properties are: "
    "is_authenticated (bool, defaults to True), display_name (str, defaults to identity) and permissions. Got {told}"
)
NO_RESULT = "Auth handler returned invalid result. Expected filter dict, None, or boolean. Got {kind} instead."
BROKEN = "Internal Server Error"


def json_of(asked: Asked) -> Any:
    body = asked.body()
    return orjson.loads(body) if body else None


def connection_of(asked: Asked) -> Any:
    """Starlette's, for that is what handlers are written for; a body is there to be read again."""
    requests = importlib.import_module("starlette.requests")
    if asked.scope["type"] != "http":
        return requests.HTTPConnection(asked.scope)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": asked.body(), "more_body": False}

    return requests.Request({**asked.scope, "path_params": dict(asked.path_params)}, receive)


#: What an authentication function may ask for, by the names of its parameters.
INJECTED: Mapping[str, Callable[[Asked], Any]] = {
    "request": connection_of,
    "body": json_of,
    "path": lambda asked: asked.scope["path"],
    "method": lambda asked: asked.scope.get("method", "GET"),
    "path_params": lambda asked: dict(asked.path_params),
    "query_params": lambda asked: asked.query,
    "headers": lambda asked: asked.headers,
    "authorization": lambda asked: asked.header("authorization"),
    "scope": lambda asked: asked.scope,
    "scopes": lambda asked: [],
    "user": lambda asked: None,
}


class Application:
    def __init__(self, auth: Any, *, named: str) -> None:
        if not isinstance(auth, Auth):
            raise ConfigurationError(f"auth.path: {named} is no langgraph_sdk.Auth, but {type(auth).__name__}")
        authenticator = auth._authenticate_handler
        if authenticator is None:
            raise ConfigurationError(f"auth.path: {named} has no function under @auth.authenticate")
        self.auth = auth
        self.authenticator: Callable[..., Any] = authenticator
        self.parameters = parameters_of(authenticator, named)

    def authenticate(self, asked: Asked) -> Principal:
        return loop.wait(self.aauthenticate(asked))

    def decide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter:
        if self.handler(resource, action) is None:
            return EVERYTHING
        return loop.wait(self.adecide(principal, resource, action, value))

    async def aauthenticate(self, asked: Asked, rows: Rows | None = None) -> Principal:
        try:
            told = await self.ask_who(asked)
        except ValueError as error:
            raise BadRequest(detail=error) from error
        except Exception as error:
            if refusal := refusal_of(error, honoured={401, 403}):
                raise refusal from error
            logger.exception("the application's authentication failed")
            raise Failed(detail=BROKEN) from error
        principal = principal_of(told)
        if principal is None:
            raise BadRequest(detail=NOBODY.format(told=type(told)))
        return principal

    async def ask_who(self, asked: Asked) -> Any:
        """A plain function may block, and so has a thread."""
        given = {name: INJECTED[name](asked) for name in self.parameters}
        if inspect.iscoroutinefunction(self.authenticator):
            return await self.authenticator(**given)
        told = await asyncio.to_thread(self.authenticator, **given)
        return await told if inspect.isawaitable(told) else told

    async def adecide(self, principal: Principal, resource: str, action: str, value: dict[str, Any]) -> Filter:
        """Exactly one handler is asked, the most specific; `value` is as it leaves it."""
        handler = self.handler(resource, action)
        if handler is None:
            return EVERYTHING
        context: Any = Auth.types.AuthContext(
            permissions=principal.permissions,
            user=principal.user,
            resource=resource,  # type: ignore[arg-type] # one of the SDK's words
            action=action,  # type: ignore[arg-type] # one of the SDK's words
        )
        caller.CALLER.set(principal)
        try:
            result = await handler(ctx=context, value=value)
        except AssertionError as error:
            raise Refused(status=403, detail=str(error)) from error
        except Exception as error:
            if refusal := refusal_of(error):
                raise refusal from error
            logger.exception("an auth handler failed", extra={"resource": resource, "action": action})
            raise Failed(detail=BROKEN) from error
        return verdict(result)

    def handler(self, resource: str, action: str) -> Callable[..., Any] | None:
        handlers = self.auth._handlers
        for key in ((resource, action), (resource, "*"), ("*", action), ("*", "*")):
            if found := handlers.get(key):
                return found[-1]
        return self.auth._global_handlers[-1] if self.auth._global_handlers else None


def parameters_of(authenticator: Callable[..., Any], named: str) -> tuple[str, ...]:
    parameters = inspect.signature(authenticator).parameters.values()
    wanted = [each for each in parameters if each.kind in {each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY}]
    if unknown := [each.name for each in wanted if each.name not in INJECTED and each.default is each.empty]:
        told = f"{', '.join(unknown)}; it may have {', '.join(sorted(INJECTED))}"
        raise ConfigurationError(f"auth.path: the authentication of {named} has parameters nobody can fill: {told}")
    return tuple(each.name for each in wanted if each.name in INJECTED)


def refusal_of(error: Exception, honoured: set[int] | None = None) -> DomainError | None:
    """HTTPException of the SDK, or whatever else carries a status and a detail, as those of Starlette do."""
    status, detail = getattr(error, "status_code", None), getattr(error, "detail", None)
    if not isinstance(status, int) or not 400 <= status < 600 or (honoured and status not in honoured):
        return None
    return Refused(status=status, detail=str(detail), headers=getattr(error, "headers", None))


def verdict(result: Any) -> Filter:
    if result is None or result is True:
        return EVERYTHING
    if result is False:
        raise Refused(status=403, detail="Forbidden")
    if isinstance(result, Mapping):
        # As JSON, which metadata is: an identity may be a UUID.
        return Filter(orjson.loads(encoding.dumps(result)))
    raise Failed(detail=NO_RESULT.format(kind=type(result)))
