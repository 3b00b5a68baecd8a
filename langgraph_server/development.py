"""Everything for one application on one machine, as `dev` runs it: services, migrations, processes."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version

import psycopg
from django.db.migrations.loader import MigrationLoader
from psycopg.errors import UndefinedTable

from langgraph_server import embedded, env, programs, serving, supervision, watching
from langgraph_server.api.counting import counting_together
from langgraph_server.config.loading import import_folders, server_config
from langgraph_server.embedded import Services, state
from langgraph_server.errors import ConfigurationError

DATABASE = ("DATABASE_URI", "DATABASE_URL", "POSTGRES_URI")
REDIS = ("REDIS_URI", "REDIS_URL", "CELERY_BROKER_URL")
#: Seconds a process takes to import everything, about.
LATER = 5.0


@dataclass(frozen=True, kw_only=True)
class Options:
    host: str
    port: int
    allow_anonymous: bool
    web: int
    workers: int
    reload: bool
    #: What the flags say in the words of the environment: N_JOBS_PER_WORKER, LOG_LEVEL …
    environment: Mapping[str, str]


def serve(options: Options, *, announce: Callable[[Services], None]) -> None:
    """1. Refuse what is unsafe or busy. 2. Services. 3. Migrations. 4. Web, beat, workers, until a signal."""
    serving.refuse_strangers(options.host, server_config(), allowed=options.allow_anonymous)
    # Until the supervisor listens to signals, SIGTERM ends as orderly as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        serving.listening(options.host, options.port) as listener,
        counting_together(),
        embedded.services(env.data_dir(), database_uri=given(DATABASE), redis_uri=given(REDIS)) as services,
    ):
        environment = environment_of(options, services)
        migrate(services.database_uri, environment())
        announce(services)
        changes = watching.changed_files({*import_folders(server_config())}) if options.reload else None
        asyncio.run(supervision.supervise(list(processes(options, listener, environment)), changes=changes))


def given(aliases: tuple[str, ...]) -> str:
    """Asked of the shell and the application's env, never of what an earlier `dev` left behind."""
    known = {**server_config().env, **os.environ}
    return next((uri for name in aliases if (uri := known.get(name, "").strip())), "")


def environment_of(options: Options, services: Services) -> programs.Environment:
    found = {"DATABASE_URI": services.database_uri, "REDIS_URI": services.redis_uri, **options.environment}
    defaults = {
        "SECRET_KEY": state.secret_key(env.data_dir()),
        # A reload should not wait half a minute for runs that another worker can take over.
        "BG_JOB_SHUTDOWN_GRACE_PERIOD_SECS": "3",
        # One or two workers stand for a whole installation.
        "N_JOBS_PER_WORKER": "500",
    }
    return lambda: {**defaults, **application_environment(), **os.environ, **found}


def application_environment() -> Mapping[str, str]:
    """Read anew; while the file is broken, the processes started are the ones to say so."""
    server_config.cache_clear()
    try:
        return server_config().env
    except ConfigurationError:
        return {}


def migrate(database_uri: str, environment: Mapping[str, str]) -> None:
    """Only when something is missing, and in a process of its own: our settings know no services."""
    library = {"CHECKPOINTS_MIGRATED_FOR": version("langgraph-checkpoint-postgres")}
    if library.items() <= state.read(env.data_dir()).items() and not lacks_migrations(database_uri):
        return
    outcome = subprocess.run([*supervision.COMMAND, "migrate", "--verbosity", "0"], env=environment)
    if outcome.returncode:
        raise ConfigurationError("the migrations failed, see above")
    state.remember(env.data_dir(), **library)


def lacks_migrations(database_uri: str) -> bool:
    wanted = MigrationLoader(None, ignore_no_migrations=True).disk_migrations.keys()
    try:
        with psycopg.connect(database_uri) as connection:
            applied = connection.execute("SELECT app, name FROM django_migrations").fetchall()
    except UndefinedTable:
        return True
    except psycopg.OperationalError as error:
        raise ConfigurationError(f"the database cannot be reached: {error}") from error
    return not wanted <= set(applied)


def processes(
    options: Options, listener: socket.socket, environment: programs.Environment
) -> Iterator[supervision.Program]:
    """In the order in which they end: first nobody asks, then nothing falls due, then runs drain."""
    web, worker = programs.web(listener, environment=environment), programs.worker(environment=environment)
    yield from first_of(web, options.web)
    yield replace(programs.beat(environment=environment), delay=LATER)
    yield from first_of(worker, options.workers)


def first_of(program: supervision.Program, count: int) -> list[supervision.Program]:
    """The first of each kind starts at once, the others when it is likely to serve already."""
    return [replace(program, delay=LATER if place else 0) for place in range(count)]
