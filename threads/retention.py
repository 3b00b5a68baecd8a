"""How long a thread lives: its own wish, or the application's default for new threads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from langgraph_server.config.loading import server_config
from threads.choices import TtlStrategy


@dataclass(frozen=True, slots=True)
class Ttl:
    minutes: float
    strategy: str

    @property
    def interval(self) -> timedelta:
        return timedelta(minutes=self.minutes)


def wished(ttl: Mapping[str, Any] | None) -> Ttl | None:
    """A client's `ttl`, completed by the application's (`checkpointer.ttl` in langgraph.json)."""
    default = server_config().checkpointer.get("ttl") or {}
    given = ttl or {}
    minutes = given.get("ttl", default.get("default_ttl"))
    if minutes is None:
        return None
    strategy = given.get("strategy") or default.get("strategy") or TtlStrategy.DELETE
    return Ttl(float(minutes), strategy)


def expiry(ttl: Ttl | None, now: datetime) -> datetime | None:
    return now + ttl.interval if ttl else None
