"""The embedded Postgres and Redis of `dev` and of the tests: start, wait, stop, in one data folder."""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from langgraph_server.embedded import state
from langgraph_server.embedded.postgres import Postgres
from langgraph_server.embedded.redis import Redis
from langgraph_server.errors import ConfigurationError


@dataclass(frozen=True)
class Services:
    database_uri: str
    redis_uri: str
    #: The embedded ones, which run only where no URI was given.
    postgres: Postgres
    redis: Redis
    #: What runs here, under the names that settings read.
    embedded: Mapping[str, str]


@contextmanager
def services(data_dir: Path, *, database_uri: str = "", redis_uri: str = "") -> Iterator[Services]:
    """Those without a URI are started here, remembered for other terminals, and stopped in reverse."""
    data_dir = data_dir.resolve()
    state.prepare(data_dir)
    postgres, redis = Postgres(data_dir), Redis(data_dir)
    missing: dict[str, Postgres | Redis] = {}
    if not database_uri:
        missing["DATABASE_URI"] = postgres
    if not redis_uri:
        missing["REDIS_URI"] = redis
    with ExitStack() as stack:
        stack.enter_context(sole_use(data_dir))
        for service in missing.values():
            stack.callback(service.stop)
            service.start()
        running = {name: service.uri for name, service in missing.items()}
        stack.callback(state.forget, data_dir, *running)
        state.remember(data_dir, **running)
        yield Services(database_uri or postgres.uri, redis_uri or redis.uri, postgres, redis, running)


@contextmanager
def sole_use(data_dir: Path) -> Iterator[None]:
    """A second server in the same folder would stop the services of the first."""
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(f"another server already runs on {data_dir}") from None
        yield
