"""Serve an application on one machine: everything it needs, in one command."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.management import CommandParser

from langgraph_server import development
from langgraph_server.announcement import addresses, parts
from langgraph_server.embedded import Services
from langgraph_server.env import CONFIG
from langgraph_server.management.base import ServerCommand, add_door_arguments

#: Of each kind. What arrives together is written together, so that more processes than cores cost more than they give.
PROCESSES = max(1, min(2, (os.cpu_count() or 1) // 2))


class Command(ServerCommand):
    help = (
        "Serve the application of langgraph.json: embedded Postgres and Redis (unless DATABASE_URI and "
        "REDIS_URI are set), migrations, web, workers and beat. "
        "Data is kept in .langgraph_server/ beside langgraph.json."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add_door_arguments(parser, port=2024)
        config = Path(os.environ.get(CONFIG) or "langgraph.json")
        parser.add_argument("--config", type=Path, default=config, help=f"or the variable {CONFIG} (%(default)s)")
        parser.add_argument("--no-reload", dest="reload", action="store_false", help="do not watch files")
        parser.add_argument("--n-jobs-per-worker", type=int, help="runs at a time per worker process")
        parser.add_argument("--web", type=int, default=PROCESSES, help="web processes (%(default)s)")
        parser.add_argument("--workers", type=int, default=PROCESSES, help="worker processes (%(default)s)")
        parser.add_argument("--server-log-level", type=str.upper, help="DEBUG, INFO, WARNING or ERROR")
        parser.add_argument("--studio-url", default="https://smith.langchain.com", help="(%(default)s)")
        parser.add_argument("--no-browser", action="store_true", help="accepted: none is ever opened")
        parser.add_argument("--allow-blocking", action="store_true", help="accepted: none is ever refused")

    def handle(self, *, config: Path, **flags: Any) -> None:
        # Before anything asks where the application is.
        os.environ[CONFIG] = str(config.resolve())
        with suppress(KeyboardInterrupt):
            development.serve(options(flags), announce=lambda services: self.announce(services, flags))

    def announce(self, services: Services, flags: dict[str, Any]) -> None:
        address = f"http://{flags['host']}:{flags['port']}"
        for what, line in {**parts(services), **addresses(address, flags["studio_url"])}.items():
            self.stdout.write(f"{what:>12}  {line}")
        self.stdout.flush()


def options(flags: dict[str, Any]) -> development.Options:
    environment = {"N_JOBS_PER_WORKER": flags["n_jobs_per_worker"], "LOG_LEVEL": flags["server_log_level"]}
    return development.Options(
        host=flags["host"],
        port=flags["port"],
        allow_anonymous=flags["allow_anonymous"],
        web=flags["web"],
        workers=flags["workers"],
        reload=flags["reload"],
        environment={name: str(value) for name, value in environment.items() if value is not None},
    )
