"""`python -m benchmarks.admin`: how long the admin's pages take over many rows, seeded into a database of their own."""

import os
import statistics
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import TYPE_CHECKING

import django

from benchmarks.measuring import quantile
from langgraph_server import embedded

if TYPE_CHECKING:
    from django.test import Client

SEED = Path(__file__).with_suffix(".sql")
REPETITIONS = 20

ASSISTANTS, CRONS = "/admin/assistants/assistant/", "/admin/crons/cron/"
DELIVERIES, STORE = "/admin/webhooks/delivery/", "/admin/store/storednamespace/"
RUNS, THREADS = "/admin/runs/run/", "/admin/threads/thread/"
FIRINGS = "/admin/crons/cronfiring/"


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="lgs-admin-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded.services(Path(folder)) as services:
            os.environ.update(DATABASE_URI=services.database_uri, REDIS_URI=services.redis_uri)
            os.environ["LANGGRAPH_CONFIG"] = str(SEED.parent / "graphs" / "langgraph.json")
            os.environ["DJANGO_SETTINGS_MODULE"] = "langgraph_server.settings"
            django.setup()
            measure(rows)


def measure(rows: int) -> None:
    client = signed_in(rows)
    print(f"| page, {rows} rows a table | median ms | p95 ms |\n|---|---|---|")
    for name, address in pages().items():
        milliseconds(client, address)
        times = [milliseconds(client, address) for _ in range(REPETITIONS)]
        print(f"| {name} | {statistics.median(times):.0f} | {quantile(times, 0.95):.0f} |", flush=True)


def signed_in(rows: int) -> "Client":
    from django.contrib.auth.models import User  # noqa: PLC0415 - after the database is named
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in SEED.read_text().replace(":rows", str(rows)).split(";\n"):
            cursor.execute(statement) if statement.strip() else None
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SET statement_timeout = '30s'")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.create_superuser("operator"))
    return client


def pages() -> dict[str, str]:
    from assistants.models import Assistant  # noqa: PLC0415 - after the database is named
    from crons.models import Cron  # noqa: PLC0415
    from runs.models import Run  # noqa: PLC0415
    from store.models import StoredItem  # noqa: PLC0415
    from webhooks.models import Delivery  # noqa: PLC0415

    run = Run.objects.filter(status="success").latest("created_at")
    assistant, cron = Assistant.objects.latest("created_at"), Cron.objects.latest("created_at")
    user = StoredItem.objects.exclude(prefix="documents").order_by("prefix").last()
    delivery = Delivery.objects.latest("created_at")
    assert user is not None
    return {
        "assistants": ASSISTANTS,
        "assistants, page 2": f"{ASSISTANTS}?p=2",
        "assistants of a graph": f"{ASSISTANTS}?graph=graph7",
        "assistants of the server": f"{ASSISTANTS}?made_by=system",
        "assistants by how names begin": f"{ASSISTANTS}?q=%22assistant+999%22",
        "assistants by how the old ones' names begin": f"{ASSISTANTS}?q=%22assistant+1%22",
        "assistants by how all names begin": f"{ASSISTANTS}?q=assistant",
        "assistants, page 200": f"{ASSISTANTS}?p=200",
        "assistants by a name that none has": f"{ASSISTANTS}?q=nobody",
        "assistants by metadata": f"{ASSISTANTS}?q=team%3D7",
        "an assistant": f"{ASSISTANTS}{assistant.pk}/change/",
        "its versions side by side": f"{ASSISTANTS}{assistant.pk}/versions/",
        "store": STORE,
        "store, half of the rows in namespaces below": f"{STORE}?ns=users",
        "store, namespaces by how they begin": f"{STORE}?ns=users&label=user77",
        "store, half of the rows as items": f"{STORE}?ns=documents",
        "store, its last page": f"{STORE}?ns=documents&after_ns=documents&after_key=key-9998",
        "store, keys that begin so": f"{STORE}?ns=documents&key=key-7777",
        "store, keys that none begins with": f"{STORE}?key=nothing",
        "store, an item": f"{STORE}item/?ns=documents&key=key-1",
        "crons": CRONS,
        "crons, page 200": f"{CRONS}?p=200",
        "crons by when they are due": f"{CRONS}?o=6",
        "crons that are off": f"{CRONS}?enabled__exact=0",
        "crons of threads": f"{CRONS}?thread__isempty=0",
        "crons by schedule": f"{CRONS}?q=%220+7+*+*+*%22",
        "crons by metadata": f"{CRONS}?q=team%3D7",
        "a cron with as many firings": f"{CRONS}{cron.pk}/change/",
        "firings": FIRINGS,
        "firings that came late": f"{FIRINGS}?outcome=late",
        "firings that were skipped": f"{FIRINGS}?outcome=skipped",
        "deliveries": DELIVERIES,
        "deliveries, page 200": f"{DELIVERIES}?p=200",
        "deliveries given up": f"{DELIVERIES}?state__exact=given_up",
        "deliveries that wait": f"{DELIVERIES}?state__exact=pending",
        "deliveries of a URL": f"{DELIVERIES}?q=https%3A%2F%2Freceiver7.example",
        "deliveries of a URL that none has": f"{DELIVERIES}?q=https%3A%2F%2Fnobody.example",
        "a delivery": f"{DELIVERIES}{delivery.pk}/change/",
        "home": "/admin/",
        "runs": RUNS,
        "runs, page 2": f"{RUNS}?p=2",
        "runs, page 200": f"{RUNS}?p=200",
        "runs that failed": f"{RUNS}?status=error",
        "runs that wait": f"{RUNS}?status=waiting",
        "runs that are late": f"{RUNS}?status=late",
        "runs that are stuck": f"{RUNS}?status=stuck",
        "runs of a rare graph": f"{RUNS}?q=rare",
        "active runs of a queue": f"{RUNS}?queue=default",
        "a run, its attempts and tasks": f"{RUNS}{run.pk}/change/",
        "workers": "/admin/runs/worker/",
        "threads": THREADS,
        "threads, page 200": f"{THREADS}?p=200",
        "threads in error": f"{THREADS}?status__exact=error",
        "threads that wait for a person": f"{THREADS}?status__exact=interrupted",
        "threads by metadata": f"{THREADS}?q=team%3D7",
        "threads by metadata that none has": f"{THREADS}?q=team%3Dnobody",
    }


def milliseconds(client: "Client", address: str) -> float:
    began = time.perf_counter()
    response = client.get(address)
    took = (time.perf_counter() - began) * 1000
    assert response.status_code == 200, (address, response.status_code)
    return took


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m benchmarks.admin", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    main(parser.parse_args().rows)
