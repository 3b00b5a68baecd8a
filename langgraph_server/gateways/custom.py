"""The application's own ASGI app (`http.app`), with its routes, middleware and lifespan beside ours.

An app of Starlette, and so of FastAPI, is the outer one: its middleware sees every request, its routes come before the
API's, and what they do not take is ours. Any other ASGI app gets what the API has no route for.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match, Router

from langgraph_server.api.cors import Cors
from langgraph_server.config.http import http_config
from langgraph_server.config.loading import application_object, server_config
from langgraph_server.errors import ConfigurationError
from langgraph_server.gateways.recognising import Recognise

#: No application can take these over.
OURS = frozenset({"/ok", "/metrics", "/docs", "/openapi.json"})
#: Nor does the API keep these from it.
YIELDED = frozenset({"/", "/info"})
#: Of Django, with a login of their own where they need one.
PAGES = ("/static/", "/admin")

Application = Callable[[Any, Any, Any], Any]


@cache
def application() -> Any:
    """None without one. Call it first outside any loop: modules of the application may use `asyncio.run`."""
    reference = http_config().app
    if reference is None:
        return None
    found = application_object(reference, server_config())
    if not callable(found):
        raise ConfigurationError(f"http.app: {reference} is no ASGI application, but {type(found).__name__}")
    return found


class Ours(BaseRoute):
    """In the application's table: first what it cannot have, last what it did not take."""

    def __init__(self, api: Application, has: Callable[[str], bool]) -> None:
        self.api = api
        self.has = has

    def matches(self, scope: Any) -> tuple[Match, dict[str, Any]]:
        """In full, and so before its routes of the same path but another method."""
        return (Match.FULL if self.has(scope["path"]) else Match.NONE), {}

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        await self.api(scope, receive, send)


def around(app: Any, api: Application, is_ours: Callable[[str], bool]) -> Application:
    """`is_ours`: whether the API has a route for this path."""
    if isinstance(app, Starlette):
        return merged(app, api, is_ours)
    return Beside(app, api, is_ours) if app is not None else Cors(api)


def merged(app: Starlette, api: Application, is_ours: Callable[[str], bool]) -> Application:
    own = list(app.router.routes)
    app.router.routes.insert(0, Ours(api, OURS.__contains__))
    app.router.routes.append(Ours(api, is_ours))
    app.router.default = api
    cors = Middleware(Cors)
    asking = Middleware(Recognise, asks=asks(lambda scope: is_own(own, scope)))
    if http_config().auth_first:
        app.user_middleware[:0] = [cors, asking]
    else:
        app.user_middleware += [cors, *([asking] if http_config().custom_auth else [])]
    return app


def is_own(routes: list[BaseRoute], scope: Any) -> bool:
    return scope["path"] not in OURS and any(route.matches(scope)[0] is not Match.NONE for route in routes)


def asks(is_own: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether it has to be known before this request goes on who makes it."""
    config = http_config()

    def decide(scope: Any) -> bool:
        if scope["path"] in OURS | YIELDED:
            return False
        if is_own(scope):
            return config.custom_auth
        return config.auth_first and not scope["path"].startswith(PAGES)

    return decide


class Beside:
    def __init__(self, app: Application, api: Application, is_ours: Callable[[str], bool]) -> None:
        self.api = Cors(api)
        self.is_ours = is_ours
        self.app: Application = app
        if http_config().custom_auth:
            self.app = Cors(Recognise(app, asks=lambda scope: True))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        ours = self.is_ours(scope["path"]) or scope["path"].startswith(PAGES)
        await (self.api if ours else self.app)(scope, receive, send)


@asynccontextmanager
async def living(app: Application | None, state: dict[str, Any]) -> AsyncIterator[None]:
    """Started, and ended afterwards; what it keeps in the state its requests find there."""
    if app is None:
        yield
        return
    told: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
    life = asyncio.create_task(live(app, scope, told.get, answers.put), name="lifespan of the application")
    await told.put({"type": "lifespan.startup"})
    if not await answered(life, answers, "startup"):
        yield
        return
    yield
    await told.put({"type": "lifespan.shutdown"})
    await answered(life, answers, "shutdown")


async def live(app: Application, scope: Any, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


async def answered(life: asyncio.Task[None], answers: asyncio.Queue[dict[str, Any]], stage: str) -> bool:
    """False if it has no lifespan; an app may say so by failing at the very word."""
    answer = asyncio.create_task(answers.get())
    await asyncio.wait({life, answer}, return_when=asyncio.FIRST_COMPLETED)
    if not answer.done():
        answer.cancel()
        life.exception()
        return False
    if answer.result()["type"] == f"lifespan.{stage}.failed":
        raise ConfigurationError(f"http.app: its {stage} failed: {answer.result().get('message', '')}")
    return True


def described(document: dict[str, Any]) -> None:
    """Its routes in our description, if it describes them."""
    app = application()
    if not isinstance(getattr(app, "router", None), Router) or not callable(getattr(app, "openapi", None)):
        return
    told = app.openapi()
    document["paths"] = {**document["paths"], **told.get("paths", {})}
    for kind, named in told.get("components", {}).items():
        known = document.setdefault("components", {}).setdefault(kind, {})
        known.update({name: each for name, each in named.items() if name not in known})
