"""Erase all that belongs to one owner."""

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from assistants.models import Assistant
from crons.models import Cron
from langgraph_server.auth.models import ApiKey
from langgraph_server.auth.ownership import label_of
from langgraph_server.checkpoints.models import Checkpoint
from langgraph_server.stores.backend import plan as store_plan
from runs.models import Run
from store.models import StoredItem
from threads.lifecycle import delete_rows
from threads.models import Thread
from webhooks.models import Delivery

#: Threads that go in one transaction.
BATCH = 200


def belongings(identity: str) -> dict[str, int]:
    """How much there is, in the words of the admin."""
    threads = threads_of(identity)
    return {
        "threads": threads.count(),
        "runs": Run.objects.filter(thread__in=threads).count(),
        "checkpoints": sum(
            Checkpoint.objects.filter(thread_id__in=[str(key) for key in keys]).count() for keys in batches(threads)
        ),
        "deliveries": Delivery.objects.filter(run_id__in=Run.objects.filter(thread__in=threads).values("pk")).count(),
        "crons": crons_of(identity).count(),
        "assistants": assistants_of(identity).count(),
        "items of the store": items_of(identity).count(),
        "API keys": keys_of(identity).count(),
    }


def erase(identity: str) -> None:
    """1. Keys and crons, so that nothing new begins. 2. Threads with their runs, events, checkpoints and deliveries;
    a worker that runs one of them finds its lease gone. 3. Assistants. 4. Items of the store.

    Broken off, it may be called again.
    """
    keys_of(identity).delete()
    crons_of(identity)._raw_delete("default")
    while keys := list(threads_of(identity).values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            Delivery.objects.filter(run_id__in=Run.objects.filter(thread__in=keys).values("pk")).delete()
            delete_rows(keys)
    assistants_of(identity)._raw_delete("default")
    items_of(identity)._raw_delete("default")


def batches(threads: QuerySet[Thread]) -> list[list[Any]]:
    keys = list(threads.values_list("pk", flat=True))
    return [keys[place : place + BATCH] for place in range(0, len(keys), BATCH)]


def threads_of(identity: str) -> QuerySet[Thread]:
    return Thread.objects.filter(metadata__contains={"owner": identity})


def assistants_of(identity: str) -> QuerySet[Assistant]:
    return Assistant.objects.filter(metadata__contains={"owner": identity})


def crons_of(identity: str) -> QuerySet[Cron]:
    return Cron.objects.filter(Q(metadata__contains={"owner": identity}) | Q(user_id=identity))


def items_of(identity: str) -> QuerySet[StoredItem]:
    """None where the application has a store of its own, which nobody but the application knows."""
    if store_plan().own is not None:
        return StoredItem.objects.none()
    label = label_of(identity)
    return StoredItem.objects.filter(Q(prefix=label) | Q(prefix__startswith=f"{label}."))


def keys_of(identity: str) -> QuerySet[ApiKey]:
    kind, _, name = identity.partition(":")
    if kind == "user" and name.isdecimal():
        return ApiKey.objects.filter(user_id=name)
    return ApiKey.objects.filter(service=name) if kind == "service" else ApiKey.objects.none()
