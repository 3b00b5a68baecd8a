"""Who is calling."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from hashlib import sha256
from typing import Any, cast

from langgraph_sdk.auth.types import BaseUser

#: What the SDK's `BaseUser` has, and what each is unless authentication says otherwise.
KNOWN = ("identity", "is_authenticated", "display_name", "permissions")


class User(dict[str, Any]):
    """As handlers and graphs see a caller: the SDK's `BaseUser`, whose keys are attributes too."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True, kw_only=True)
class Principal:
    identity: str
    permissions: tuple[str, ...] = ()
    #: All that authentication told of the user.
    user: User = field(default_factory=User)
    #: Of the request, those that graphs are to find in their configuration.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Of the API key that let them in.
    key_id: str | None = None

    @property
    def configurable(self) -> dict[str, Any]:
        """What graphs find in their configuration."""
        return {
            "langgraph_auth_user": self.user or None,
            "langgraph_auth_user_id": self.identity,
            "langgraph_auth_permissions": list(self.permissions),
        }

    @property
    def tells_readers(self) -> dict[str, Any]:
        """The same where a graph is only looked at: of nobody, just the headers."""
        return {**self.headers, **(self.configurable if self.identity else {})}

    def own(self, key: str) -> str:
        """A name that clients chose, made different from the same name of anybody else."""
        return f"{sha256(self.identity.encode()).hexdigest()}:{key}"

    @property
    def graph_user(self) -> BaseUser | None:
        """What factories find in their runtime."""
        return cast(BaseUser, self.user) if self.user else None


#: What the application's handlers are told of a caller whom nobody has authenticated.
NOBODY = User(identity="", is_authenticated=False, display_name="", permissions=[])
#: Without authentication everybody is this, and nobody else is.
ANONYMOUS = Principal(identity="")


def principal_of(told: Any) -> Principal | None:
    """From what an application's authentication returned or a row remembers; None if it names nobody."""
    facts = facts_of(told)
    identity, permissions = facts.get("identity"), facts.get("permissions") or ()
    if not isinstance(identity, str) or not identity or isinstance(permissions, (str, bytes)):
        return None
    facts = {
        **facts,
        "is_authenticated": facts.get("is_authenticated", True),
        "display_name": facts.get("display_name") or identity,
        "permissions": [str(permission) for permission in permissions],
    }
    return Principal(identity=identity, permissions=tuple(facts["permissions"]), user=User(facts))


def facts_of(told: Any) -> dict[str, Any]:
    if isinstance(told, str):
        return {"identity": told}
    if isinstance(told, Mapping):
        return dict(told)
    known = {name: getattr(told, name) for name in KNOWN if hasattr(told, name)}
    return {**extras_of(told), **known}


def extras_of(told: Any) -> dict[str, Any]:
    if callable(dump := getattr(told, "model_dump", None)):
        return dict(dump())
    if is_dataclass(told) and not isinstance(told, type):
        return asdict(told)
    return {name: value for name, value in getattr(told, "__dict__", {}).items() if not name.startswith("_")}
