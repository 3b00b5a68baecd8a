"""Who is let in, and what each may see: Alice and Bob own what they make, Charlie is a stranger to both.

A token is a name, with the permissions after a colon: `alice`, `bob:admin,reader`.
"""

from typing import Any

from langgraph_sdk import Auth, get_client

auth = Auth()

PEOPLE = {"alice", "bob", "charlie"}


@auth.authenticate
async def authenticate(authorization: str | None, path: str, method: str) -> dict[str, Any]:
    if authorization is None:
        raise Auth.exceptions.HTTPException(401, "who are you?", headers={"WWW-Authenticate": "Bearer"})
    name, _, permissions = authorization.removeprefix("Bearer ").partition(":")
    if name not in PEOPLE:
        raise_for(name)
    return {"identity": name, "permissions": [*filter(None, permissions.split(","))], "team": f"team of {name}"}


def raise_for(name: str) -> None:
    """What an authentication function may do wrong, one word each."""
    if name == "forbidden":
        raise Auth.exceptions.HTTPException(403, "not you")
    if name == "teapot":
        raise Auth.exceptions.HTTPException(418, "lost")
    if name == "invalid":
        raise ValueError("that is no token")
    if name == "broken":
        raise RuntimeError("a bug")
    raise Auth.exceptions.HTTPException(401, "unknown token")


@auth.on
async def own(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Any:
    value.setdefault("metadata", {})["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}


@auth.on.threads
async def own_threads(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> Any:
    if "asks" in ctx.permissions and "metadata" in value:
        found = await get_client().assistants.search(limit=100)
        value["metadata"]["found"] = sorted({(each["metadata"] or {}).get("owner", "nobody") for each in found})
    for word in ctx.permissions:
        if word in VERDICTS:
            return verdict(word)
    return await own(ctx, value)


@auth.on.threads.delete
async def keep(ctx: Auth.types.AuthContext, value: Any) -> Any:
    return False if "keeper" in ctx.permissions else {"owner": ctx.user.identity}


@auth.on.store
async def own_namespace(ctx: Auth.types.AuthContext, value: dict[str, Any]) -> None:
    value["namespace"] = (ctx.user.identity, *(value["namespace"] or ()))


VERDICTS = ("teapot", "assertion", "number", "nested", "bug", "either", "member")


def verdict(word: str) -> Any:
    if word == "teapot":
        raise Auth.exceptions.HTTPException(418, "short and stout")
    if word == "bug":
        raise RuntimeError("a bug")
    assert word != "assertion", "so it is asserted"
    if word == "number":
        return 7
    if word == "either":
        return {"$or": [{"owner": "alice"}, {"owner": {"$eq": "bob"}}]}
    if word == "member":
        return {"team": {"$contains": ["red", "blue"]}}
    return {"$or": [{"a": 1}, {"$and": [{"b": 1}, {"$or": [{"c": 1}, {"d": 1}]}]}]}
