"""How long a thread lives: its own wish, or the application's default for new threads.

The default is `checkpointer.ttl` of langgraph.json; the variable LANGGRAPH_THREAD_TTL has the same form and wins.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from langgraph_server.config.loading import server_config
from langgraph_server.errors import ConfigurationError
from langgraph_server.variables.crons import THREAD_TTL
from threads.choices import TtlStrategy

SWEEP_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Ttl:
    minutes: float
    strategy: str

    @property
    def interval(self) -> timedelta:
        return timedelta(minutes=self.minutes)


def wished(ttl: Mapping[str, Any] | None) -> Ttl | None:
    """A client's `ttl`, completed by the application's (`checkpointer.ttl` in langgraph.json)."""
    default = configured()
    given = ttl or {}
    minutes = given.get("ttl", default.get("default_ttl"))
    if minutes is None:
        return None
    strategy = given.get("strategy") or default.get("strategy") or TtlStrategy.DELETE
    return Ttl(float(minutes), strategy)


@functools.cache
def configured() -> Mapping[str, Any]:
    """Call it first at start: what is wrong stops it."""
    text = THREAD_TTL.read()
    try:
        ttl = orjson.loads(text) if text else server_config().checkpointer.get("ttl") or {}
    except orjson.JSONDecodeError:
        raise ConfigurationError("LANGGRAPH_THREAD_TTL must be a JSON object") from None
    if not isinstance(ttl, Mapping):
        raise ConfigurationError("checkpointer.ttl: must be an object")
    if ttl.get("strategy", TtlStrategy.DELETE) not in TtlStrategy.values:
        raise ConfigurationError(f"checkpointer.ttl.strategy: must be one of {', '.join(TtlStrategy.values)}")
    for name, least in (("default_ttl", 0), ("sweep_limit", 1), ("sweep_interval_minutes", 0)):
        value = ttl.get(name, least)
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            raise ConfigurationError(f"checkpointer.ttl.{name}: must be a number, at least {least}")
    return ttl


def sweep_limit() -> int:
    """Threads that one sweep may expire."""
    return int(configured().get("sweep_limit", SWEEP_LIMIT))


def sweep_interval() -> float:
    """Seconds; 0, unless it is configured: threads are looked at with each sweep, which an index makes cheap."""
    return float(configured().get("sweep_interval_minutes", 0)) * 60


def expiry(ttl: Ttl | None, now: datetime) -> datetime | None:
    return now + ttl.interval if ttl else None
