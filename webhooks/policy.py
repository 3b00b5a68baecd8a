"""Which destinations the operator allows (`webhooks.url` of langgraph.json)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langgraph_server.errors import ConfigurationError

DOMAIN = re.compile(r"(\*\.)?[^*\s/:]+")


@dataclass(frozen=True)
class Policy:
    """The defaults without `webhooks.url`."""

    require_https: bool = False
    max_url_length: int = 4096
    disable_loopback: bool = True
    disable_private_ips: bool = False
    #: None: any.
    allowed_domains: tuple[str, ...] | None = None
    allowed_ports: tuple[int, ...] | None = None

    def names(self, host: str) -> bool:
        """The very host is allowed: its addresses are not judged."""
        return self.allowed_domains is not None and host in self.allowed_domains

    def allows(self, host: str) -> bool:
        if self.allowed_domains is None or self.names(host):
            return True
        wildcards = [domain[1:] for domain in self.allowed_domains if domain.startswith("*.")]
        return any(host.endswith(suffix) for suffix in wildcards)


#: Whoever writes `webhooks.url` starts from these.
WRITTEN = Policy(require_https=True, max_url_length=2048)


def policy_of(section: Any) -> Policy:
    if section is None:
        return Policy()
    if not isinstance(section, Mapping):
        raise ConfigurationError("webhooks.url: must be an object")
    known: dict[str, Any] = {
        name: READERS[name](f"webhooks.url.{name}", value) for name, value in section.items() if name in READERS
    }
    return replace(WRITTEN, **known)


def boolean(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{key}: must be true or false")
    return value


def positive(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{key}: must be a whole number above 0")
    return value


def domains(key: str, value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(name, str) and DOMAIN.fullmatch(name) for name in value):
        raise ConfigurationError(f"{key}: must be a list of host names; a wildcard is only possible as `*.` in front")
    return tuple(name.lower().rstrip(".") for name in value)


def ports(key: str, value: Any) -> tuple[int, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise ConfigurationError(f"{key}: must be a list of ports")
    return tuple(positive(key, port) for port in value)


READERS = {
    "require_https": boolean,
    "max_url_length": positive,
    "disable_loopback": boolean,
    "disable_private_ips": boolean,
    "allowed_domains": domains,
    "allowed_ports": ports,
}
