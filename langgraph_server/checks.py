"""System checks that fail before traffic does.

They read the application and ask Redis, so the `check` command alone registers them: `migrate` and
`createsuperuser` run Django's checks too, and must work without either.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from redis import Redis
from redis.exceptions import RedisError

from langgraph_server.api import cors
from langgraph_server.auth.scheme import is_open, scheme
from langgraph_server.checkpoints import reports as checkpoints
from langgraph_server.checkpoints.backend import plan as checkpointer_plan
from langgraph_server.config.loading import server_config
from langgraph_server.encryption.backend import cipher
from langgraph_server.errors import ConfigurationError
from langgraph_server.gateways import custom
from langgraph_server.graphs.registry import registry
from langgraph_server.stores import reports as stores
from langgraph_server.stores.backend import plan as store_plan
from runs.priority import assign as priority_function

P = TypeVar("P")


def register_checks() -> None:
    register(check_graphs, "graphs")
    register(check_http, "http")
    register(check_encryption, "encryption")
    register(check_store, "store")
    register(check_checkpointer, "checkpointer")
    register(check_redis, "services")
    register(check_auth, "security", deploy=True)


def check_graphs(**_: Any) -> list[CheckMessage]:
    try:
        registry()
        scheme()
        priority_function()
    except ConfigurationError as error:
        return [Error(str(error), id="langgraph_server.E001")]
    return []


def check_http(**_: Any) -> list[CheckMessage]:
    """The application's own web app, and what it wants of the door."""
    if not is_readable():
        return []
    try:
        custom.application()
        cors.options()
    except ConfigurationError as error:
        return [Error(str(error), id="langgraph_server.E006")]
    return []


def check_encryption(**_: Any) -> list[CheckMessage]:
    return looked_at(cipher, None, "langgraph_server.E007")


def is_readable() -> bool:
    """Else the check of the graphs says why not."""
    try:
        server_config()
    except ConfigurationError:
        return False
    return True


def check_store(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    return looked_at(store_plan, stores.try_out if databases else None, "langgraph_server.E004")


def check_checkpointer(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    return looked_at(checkpointer_plan, checkpoints.try_out if databases else None, "langgraph_server.E005")


def looked_at(plan: Callable[[], P], try_out: Callable[[P], object] | None, named: str) -> list[CheckMessage]:
    """With `--database default`, whether it can be opened, too."""
    if not is_readable():
        return []
    try:
        planned = plan()
        if try_out:
            try_out(planned)
    except ConfigurationError as error:
        return [Error(str(error), id=named)]
    return []


def check_redis(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Asked with `--database default` only, as Django does for checks that need a service."""
    if not databases:
        return []
    try:
        with Redis.from_url(settings.REDIS_URI, socket_timeout=5) as client:
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "noeviction")
    except RedisError as error:
        return [Error(f"Redis cannot be asked: {error}", id="langgraph_server.E002")]
    if policy != "noeviction":
        told = f"Redis may drop live events: its maxmemory-policy is {policy}."
        return [Warning(told, "Set it to noeviction.", id="langgraph_server.W001")]
    return []


def check_auth(**_: Any) -> list[CheckMessage]:
    try:
        if not is_open():
            return []
    except ConfigurationError as error:
        return [Error(str(error), id="langgraph_server.E003")]
    hint = "Configure `auth` or LANGGRAPH_AUTH_TYPE, unless something in front of this server decides who gets in."
    return [Warning("Whoever reaches this server may do everything.", hint, id="langgraph_server.W002")]
