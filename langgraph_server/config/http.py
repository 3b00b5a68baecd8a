"""The `http` section of langgraph.json: the application's own app, and what it wants of ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Self

from langgraph_server.config.document import read_text
from langgraph_server.config.loading import server_config
from langgraph_server.errors import ConfigurationError
from langgraph_server.variables.http import MOUNT_PREFIX

GROUPS = ("assistants", "threads", "runs", "store", "mcp", "a2a", "ui", "meta", "webhooks")
META = frozenset({"info", "metrics", "docs", "openapi.json"})
ORDERS = ("middleware_first", "auth_first")
#: Secrets of the caller: no wildcard means these, and the last three never leave the door.
SECRET = frozenset({"authorization", "cookie", "x-api-key", "x-tenant-id", "x-service-key"})
NEVER = SECRET - {"authorization", "cookie"}


@dataclass(frozen=True)
class Headers:
    """Which headers of a request go on, by their lower-case names; `*` stands for any characters."""

    includes: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    @classmethod
    def of(cls, section: Any, key: str) -> Self:
        if section is None:
            return cls()
        if not isinstance(section, Mapping):
            raise ConfigurationError(f"{key}: must be an object with includes and excludes")
        return cls(
            *(words(section.get(f"{name}s", section.get(name)), f"{key}.{name}s") for name in ("include", "exclude"))
        )

    def chosen(self, headers: Mapping[str, str]) -> dict[str, str]:
        if not self.includes:
            return {}
        return {name: value for name, value in headers.items() if self.has(name)}

    def has(self, name: str) -> bool:
        if name in NEVER or (name in SECRET and name not in self.includes):
            return False
        return matches(name, self.includes) and not matches(name, self.excludes)


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]")) for pattern in patterns)


@dataclass(frozen=True, kw_only=True)
class HttpConfig:
    app: str | None = None
    mount_prefix: str = ""
    disabled: frozenset[str] = frozenset()
    #: Null: everybody, as CORS_ALLOW_ORIGINS says.
    cors: Mapping[str, Any] | None = None
    configurable_headers: Headers = field(default_factory=Headers)
    logging_headers: Headers = field(default_factory=Headers)
    custom_auth: bool = False
    auth_first: bool = False

    def offers(self, pattern: str) -> bool:
        """Whether the route with this pattern is served."""
        return group_of(pattern) not in self.disabled


def group_of(pattern: str) -> str:
    first, _, rest = pattern.partition("/")
    if first in META:
        return "meta"
    if first == ".well-known":
        return "a2a"
    if first == "threads" and rest.partition("/")[2].startswith("runs"):
        return "runs"
    return first


@cache
def http_config() -> HttpConfig:
    """The defaults where there is no file to read: `migrate` needs none, and whoever serves says so itself."""
    try:
        section = server_config().http
    except ConfigurationError:
        section = {}
    return parse(section)


def parse(section: Mapping[str, Any]) -> HttpConfig:
    order = section.get("middleware_order") or ORDERS[0]
    if order not in ORDERS:
        raise ConfigurationError(f"http.middleware_order: must be {' or '.join(ORDERS)}, not {order!r}")
    app = section.get("app")
    cors = section.get("cors")
    if cors is not None and not isinstance(cors, Mapping):
        raise ConfigurationError("http.cors: must be an object")
    return HttpConfig(
        app=None if app is None else read_text(app, "http.app"),
        mount_prefix=prefix(MOUNT_PREFIX.read() or section.get("mount_prefix") or ""),
        disabled=frozenset(group for group in GROUPS if flag(section, f"disable_{group}")),
        cors=cors,
        configurable_headers=Headers.of(section.get("configurable_headers"), "http.configurable_headers"),
        logging_headers=Headers.of(section.get("logging_headers"), "http.logging_headers"),
        custom_auth=flag(section, "enable_custom_route_auth"),
        auth_first=order == "auth_first",
    )


def prefix(value: Any) -> str:
    if not value:
        return ""
    cleaned = read_text(value, "http.mount_prefix").rstrip("/")
    if not cleaned.startswith("/") or cleaned == "/noauth":
        raise ConfigurationError(f"http.mount_prefix: must begin with / and not be /noauth; not {value!r}")
    return cleaned


def flag(section: Mapping[str, Any], name: str) -> bool:
    value = section.get(name) or False
    if not isinstance(value, bool):
        raise ConfigurationError(f"http.{name}: must be true or false, not {value!r}")
    return value


def words(value: Any, key: str) -> tuple[str, ...]:
    if not isinstance(value or [], list) or not all(isinstance(each, str) for each in value or []):
        raise ConfigurationError(f"{key}: must be a list of names")
    return tuple(each.lower() for each in value or [])
