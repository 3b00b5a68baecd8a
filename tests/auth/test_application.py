"""The application's `Auth` object: what its functions are given, which of them is asked, what it may return."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from langgraph_sdk import Auth
from langgraph_sdk.auth.types import BaseUser

from langgraph_server.auth.application import Application
from langgraph_server.auth.asked import Asked
from langgraph_server.auth.filters import Filter
from langgraph_server.auth.principal import ANONYMOUS, Principal, principal_of
from langgraph_server.errors import BadRequest, ConfigurationError

SCOPE = {
    "type": "http",
    "path": "/threads/7",
    "method": "POST",
    "query_string": b"a=1&b=",
    "headers": [(b"authorization", b"Bearer x"), (b"x-colour", b"red")],
}
ASKED = Asked(scope=SCOPE, body=lambda: b'{"said": 1}', path_params={"thread_id": "7"})


def application(authenticator: Callable[..., Any], auth: Auth | None = None) -> Application:
    auth = auth or Auth()
    auth.authenticate(authenticator)
    return Application(auth, named="./auth.py:auth")


async def test_a_function_is_given_what_it_names() -> None:
    given: dict[str, Any] = {}

    async def authenticate(
        request: Any, body: Any, path: str, method: str, path_params: Any, query_params: Any, headers: Any,
        authorization: str | None, scope: Any,
    ) -> str:  # fmt: skip
        given.update(locals())
        given["read"] = await request.json()
        return "alice"

    await application(authenticate).aauthenticate(ASKED)

    request = given.pop("request")
    assert request.headers["x-colour"] == "red"
    assert given["body"] == given["read"] == {"said": 1}
    assert (given["path"], given["method"], given["authorization"]) == ("/threads/7", "POST", "Bearer x")
    assert (given["path_params"], given["query_params"]) == ({"thread_id": "7"}, {"a": "1", "b": ""})
    assert given["headers"][b"x-colour"] == b"red"
    assert given["scope"] == SCOPE


async def test_a_websocket_is_authenticated_by_the_same_function() -> None:
    async def authenticate(request: Any, body: Any, headers: Any, method: str) -> str:
        assert body is None
        return str(request.headers["x-colour"])

    socket = Asked(scope={**{k: v for k, v in SCOPE.items() if k != "method"}, "type": "websocket"})
    assert (await application(authenticate).aauthenticate(socket)).identity == "red"


async def test_a_plain_function_may_block_and_leave_parameters_to_their_defaults() -> None:
    def authenticate(*, headers: dict[bytes, bytes], colour: str = "blue") -> str:
        return colour

    assert (await application(authenticate).aauthenticate(ASKED)).identity == "blue"


def test_a_django_thread_hands_the_function_to_the_loop() -> None:
    async def authenticate(authorization: str) -> str:
        return authorization

    assert application(authenticate).authenticate(ASKED).identity == "Bearer x"


def test_a_parameter_that_nobody_can_fill_stops_the_start() -> None:
    async def authenticate(cookies: Any) -> str:
        return "alice"

    with pytest.raises(ConfigurationError, match=r"cookies.*authorization"):
        application(authenticate)


def test_an_object_that_authenticates_nobody_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"no function under @auth\.authenticate"):
        Application(Auth(), named="./auth.py:auth")
    with pytest.raises(ConfigurationError, match="Auth, but dict"):
        Application({}, named="./auth.py:auth")


@dataclass
class Member:
    identity: str
    permissions: tuple[str, ...]
    colour: str


@pytest.mark.parametrize(
    "told",
    [
        {"identity": "alice", "permissions": ["p"], "colour": "red"},
        Member("alice", ("p",), "red"),
        type(
            "User",
            (),
            {"__init__": lambda self: self.__dict__.update(identity="alice", permissions=["p"], colour="red")},
        )(),
    ],
)
def test_a_user_may_be_a_dict_or_an_object(told: Any) -> None:
    principal = principal_of(told)

    assert principal
    assert isinstance(principal.user, BaseUser)
    assert (principal.identity, principal.permissions) == ("alice", ("p",))
    assert principal.user.colour == principal.user["colour"] == "red"
    assert principal.user.display_name == "alice"
    assert principal.user.is_authenticated is True


@pytest.mark.parametrize("told", [None, "", {}, {"identity": 7}, 7, {"identity": "a", "permissions": "p"}])
async def test_who_is_nobody_is_refused(told: Any) -> None:
    async def authenticate() -> Any:
        return told

    with pytest.raises(BadRequest, match="Expected a BaseUser instance with required property: identity"):
        await application(authenticate).aauthenticate(ASKED)


async def verdicts(auth: Auth, *questions: tuple[str, str]) -> list[Filter]:
    async def authenticate() -> str:
        return "alice"

    asked = application(authenticate, auth)
    return [await asked.adecide(Principal(identity="alice"), *question, {}) for question in questions]


async def test_the_most_specific_handler_is_asked_and_no_other() -> None:
    auth = Auth()

    def answering(name: str) -> Any:
        async def handler(ctx: Any, value: Any) -> Any:
            return {"asked": name}

        return handler

    auth.on(answering("any"))
    auth.on.threads(answering("threads"))
    auth.on.threads.create(answering("threads.create"))
    auth.on(resources=["crons"], actions=["read"])(answering("crons.read"))
    auth.on(actions=["delete"])(answering("delete"))
    questions = [
        ("threads", "create"), ("threads", "create_run"), ("threads", "delete"), ("crons", "read"), ("crons", "delete"),
        ("crons", "search"),
    ]  # fmt: skip

    asked = [each.document["asked"] for each in await verdicts(auth, *questions)]
    assert asked == ["threads.create", "threads", "threads", "crons.read", "delete", "any"]


async def test_a_filter_may_name_what_json_writes_as_text() -> None:
    auth, team = Auth(), uuid4()

    @auth.on
    async def handler(ctx: Any, value: Any) -> Any:
        return {"team": team, "members": {"$contains": (1, 2)}}

    assert await verdicts(auth, ("crons", "read")) == [Filter({"team": str(team), "members": {"$contains": [1, 2]}})]


async def test_without_a_handler_everything_is_allowed() -> None:
    assert await verdicts(Auth(), ("threads", "read")) == [Filter()]


def test_nobody_can_be_anonymous_by_name() -> None:
    assert principal_of({"identity": ANONYMOUS.identity}) is None
