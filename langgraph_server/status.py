"""How the installation is, for a person at a terminal: its parts, then what waits, fails or is late."""

from collections.abc import Iterator

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from langgraph_server.announcement import database, redis
from langgraph_server.health import database_answers, redis_answers
from langgraph_server.overview import SECTIONS, Line
from runs.workers import present


def report() -> Iterator[tuple[str, list[Line]]]:
    """Sections that have something to say; without the database, the parts only."""
    parts = list(services())
    yield "Parts", parts
    if any(line.alarming for line in parts if line.label in {"database", "migrations"}):
        return
    yield "Room", [workers()]
    for section in SECTIONS:
        try:
            lines = list(section.lines())
        except (OperationalError, InterfaceError) as error:
            lines = [Line("cannot be read", str(error).strip(), "", alarming=True)]
        if lines:
            yield section.title, lines


def services() -> Iterator[Line]:
    reached = database_answers()
    yield Line("database", f"{database(settings.DATABASE_URI)}: {answer(reached)}", "", not reached)
    if reached:
        yield migrations()
    live = redis_answers()
    yield Line("redis", f"{redis(settings.REDIS_URI)}: {answer(live)}", "", not live)


def answer(reached: bool) -> str:
    return "answers" if reached else "does not answer"


def migrations() -> Line:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    figure = f"{missing} are missing: langgraph-server migrate" if missing else "up to date"
    return Line("migrations", figure, "", bool(missing))


def workers() -> Line:
    found = list(present())
    slots, runs = sum(worker.slots for worker in found), sum(worker.runs for worker in found)
    figure = f"{len(found)} present, {runs} of {slots} slots taken" if found else "none is present"
    return Line("workers", figure, "", not found)
