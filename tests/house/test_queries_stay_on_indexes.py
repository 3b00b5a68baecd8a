"""Every list, search, claim and sweep, as Postgres plans it over tables that have grown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import chain, product
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from rest_framework.serializers import BaseSerializer

from assistants.api import serializers as assistants
from assistants.models import Assistant
from benchmarks import admin
from crons import firing
from crons import retention as old_firings
from crons.api import serializers as crons
from langgraph_server import figures, overview
from langgraph_server.api.views import validated
from runs import lease, sweeper
from runs.models import Run
from threads.api import serializers as threads
from threads.models import Thread
from threads.searching import Search, count, find
from webhooks import custody
from webhooks import retention as webhooks

ROWS = 20_000
#: Sorting more than this for a page means reading what it does not show.
SORTED = 2_000
PLANNED = ("SELECT", "WITH", "UPDATE", "DELETE")


@pytest.mark.django_db
def test_no_list_search_claim_or_sweep_reads_a_whole_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a look stops at so many rows, that has to be few beside all of them."""
    for module in (overview, figures):
        monkeypatch.setattr(module, "MOST", 200)
    seed()

    found = {name: complaints for name, act in operations().items() if (complaints := complaints_about(act))}

    assert found == {}, "\n".join(f"{name}: {each}" for name, all_ in found.items() for each in all_)


def seed() -> None:
    """Without the store, whose statements are not Django's (tests/store looks at them)."""
    with connection.cursor() as cursor:
        for statement in filter(str.strip, admin.SEED.read_text().replace(":rows", str(ROWS)).split(";\n")):
            if "INSERT INTO store " not in statement:
                cursor.execute(statement)
        cursor.execute("ANALYZE")
        # Our connections plan without it, and would hide here what has no index of its own.
        cursor.execute("SET LOCAL enable_seqscan = on")


def operations() -> Mapping[str, Callable[[], object]]:
    run = Run.objects.order_by("created_at")[ROWS // 2]
    thread, assistant = str(run.thread_id), str(Assistant.objects.latest("created_at").assistant_id)
    held = [(run.run_id, run.token)]
    return {
        **searches(thread, assistant),
        **pages(run.run_id),
        "claim": lambda: lease.claim(owner=uuid4(), queues=["default"], limit=10, lease=timedelta(seconds=15)),
        "claim of suspects": lambda: lease.claim(
            owner=uuid4(), queues=["default", "slow"], limit=10, lease=timedelta(seconds=15), crashes=lease.SUSPECTS
        ),
        "renew": lambda: lease.renew(held, lease=timedelta(seconds=15)),
        "release": lambda: lease.release(held),
        "sweep": sweeper.sweep,
        "refresh": lambda: list(Thread.objects.filter(refresh_at__lte=run.created_at)[:1]),
        "crons": firing.fire_due,
        "old firings": old_firings.forget,
        "deliveries": lambda: custody.take(10),
        "old deliveries": webhooks.forget,
        "metrics": figures.read,
    }


def searches(thread: str, assistant: str) -> Mapping[str, Callable[[], object]]:
    """Of the API, as clients ask for them."""
    bodies: Mapping[str, Sequence[Mapping[str, object]]] = {
        "/assistants/search": [
            {},
            {"graph_id": "echo"},
            {"metadata": {"team": 7}},
            *sorted_by_each(assistants.SORTABLE),
        ],
        "/assistants/count": [{"metadata": {"team": 7}}],
        f"/assistants/{assistant}/versions": [{}],
        "/runs/crons/search": [
            {},
            {"assistant_id": assistant},
            {"thread_id": thread},
            {"metadata": {"team": 7}},
            *sorted_by_each(crons.SORTABLE),
        ],
        "/runs/crons/count": [{"assistant_id": assistant}],
    }
    asked = {f"{path} {body}": wanting(path, body) for path, each in bodies.items() for body in each}
    return {**asked, **on_the_loop(thread)}


def on_the_loop(thread: str) -> Mapping[str, Callable[[], object]]:
    """What routes there ask of the rows."""
    bodies: Sequence[Mapping[str, object]] = [
        {},
        {"offset": 500},
        {"status": "error"},
        {"status": "busy", "sort_by": "created_at", "sort_order": "asc"},
        {"metadata": {"graph_id": "graph7"}, "sort_by": "updated_at"},
        {"metadata": {"team": "nobody"}},
        {"ids": [thread]},
        *sorted_by_each(threads.SORTABLE),
    ]
    counted: Sequence[Mapping[str, object]] = [{"status": "error"}, {"metadata": {"team": "nobody"}}]
    runs = Run.objects.of_thread(UUID(thread)).latest_first()
    return {
        **{f"threads {body}": partial(page_of_threads, body) for body in bodies},
        **{f"number of threads {body}": partial(count, wanted(threads.COUNT, body)) for body in counted},
        "runs of a thread": lambda: list(runs[:10]),
        "runs of a thread that succeeded": lambda: list(runs.filter(status="success")[:10]),
        "a thread": lambda: Thread.objects.in_bulk([UUID(thread)]),
    }


def page_of_threads(body: Mapping[str, object]) -> list[Thread]:
    (found,) = find([wanted(threads.SEARCH, body)])
    return found


def wanted(serializer: BaseSerializer[Any], body: Mapping[str, object]) -> Search:
    asked = validated(serializer, dict(body))
    return Search(**{name: value for name, value in asked.items() if name != "extract"})


def sorted_by_each(columns: Sequence[str]) -> Iterator[Mapping[str, object]]:
    for column, order in product(columns, ("asc", "desc")):
        yield {"sort_by": column, "sort_order": order}


def pages(run_id: UUID) -> Mapping[str, Callable[[], object]]:
    """Of the admin."""
    operator = Client(headers={"host": "127.0.0.1"})
    operator.force_login(User.objects.create_superuser("operator"))
    return {
        "the home page": lambda: list(chain(*(section.lines() for section in overview.SECTIONS))),
        "an operator's run": lambda: operator.get(f"/admin/runs/run/{run_id}/change/"),
        "an operator's runs of a graph": lambda: operator.get("/admin/runs/run/?q=rare"),
    }


def wanting(path: str, body: object) -> Callable[[], object]:
    client = Client(headers={"host": "127.0.0.1"})

    def ask() -> None:
        response = client.get(path) if body is None else client.post(path, body, content_type="application/json")
        assert response.status_code == 200, response.content

    return ask


def complaints_about(act: Callable[[], object]) -> list[str]:
    found: list[str] = []
    with planned(found):
        act()
    return found


@contextmanager
def planned(found: list[str]) -> Iterator[None]:
    """Statements go to Postgres once to be planned, and then to be executed."""

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not many and sql.lstrip().upper().startswith(PLANNED):
            with connection.connection.cursor() as cursor:
                cursor.execute("EXPLAIN (FORMAT JSON) " + sql, params)
                ((plan,),) = cursor.fetchall()
            found.extend(f"{trouble}: {' '.join(sql.split())}" for trouble in troubles(plan[0]["Plan"]))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        yield


def troubles(node: Mapping[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE:
        yield f"reads all of {node['Relation Name']}"
    if node["Node Type"] == "Sort" and node["Plan Rows"] > SORTED:
        yield f"sorts {node['Plan Rows']} rows"
    for part in node.get("Plans", []):
        yield from troubles(part)


LARGE = {
    "assistants_assistant",
    "assistants_assistantversion",
    "threads_thread",
    "runs_run",
    "crons_cron",
    "crons_cronfiring",
    "webhooks_delivery",
    "webhooks_attempt",
}
