"""Execute runs and chores."""

import asyncio
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import CommandParser

from crons.bootstep import ClockStep
from langgraph_server import loopback, programs
from langgraph_server.celery import app
from langgraph_server.exporting import FiguresStep
from langgraph_server.management.base import ServerCommand
from langgraph_server.supervision import supervise
from runs.execution.bootstep import RunnerStep

#: Celery's own threads only do chores; runs share the one loop of the runner.
POOL = ("-P", "threads", "-c", "4")
#: Workers do not talk to each other: the rows decide who does what.
SILENT = ("--without-gossip", "--without-mingle", "--without-heartbeat")
#: A node that computes in a thread must not keep the loop waiting for the interpreter's lock.
SWITCH_INTERVAL = 0.0005
#: Web processes answer first.
NICENESS = 5


class Command(ServerCommand):
    help = "Execute runs and chores. On SIGTERM runs may end, or are given back after the grace period."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queues", help="comma-separated (LANGGRAPH_SERVER_QUEUES)")
        parser.add_argument("--n-jobs-per-worker", type=int, help="runs at a time (N_JOBS_PER_WORKER)")
        parser.add_argument("--processes", type=int, default=1, help="(%(default)s)")
        parser.add_argument("--name", default="worker", help="first part of the process's name (%(default)s)")

    def handle(self, *, queues: str | None, n_jobs_per_worker: int | None, **options: Any) -> None:
        if queues:
            settings.RUN_QUEUES = queues.split(",")
        if n_jobs_per_worker is not None:
            settings.RUN_SLOTS = n_jobs_per_worker
        if options["processes"] == 1:
            work(options["name"])
        else:
            one = programs.worker("--name", options["name"], environment=environment)
            asyncio.run(supervise([one] * options["processes"]))


def environment() -> dict[str, str]:
    """For the processes of this supervisor, what its flags said."""
    queues, slots = ",".join(settings.RUN_QUEUES), str(settings.RUN_SLOTS)
    return {**os.environ, "LANGGRAPH_SERVER_QUEUES": queues, "N_JOBS_PER_WORKER": slots}


def work(name: str) -> None:
    loopback.install()
    sys.setswitchinterval(SWITCH_INTERVAL)
    os.nice(NICENESS)
    app.steps["worker"].update((RunnerStep, FiguresStep, ClockStep))
    queues = ",".join([*settings.RUN_QUEUES, "chores"])
    app.worker_main(["--quiet", "worker", *POOL, *SILENT, "-Q", queues, "-n", f"{name}-{os.getpid()}@%h"])
