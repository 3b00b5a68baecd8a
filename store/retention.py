"""Items past their time, for who sweeps by hand; workers do so by themselves (`langgraph_server.stores.sweeping`)."""

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from langgraph_server.stores.backend import plan
from langgraph_server.stores.statements import SWEEP, SWEEP_BATCH
from store.models import StoredItem


def overdue() -> QuerySet[StoredItem]:
    """The application's own store looks after itself."""
    return StoredItem.objects.none() if plan().own is not None else StoredItem.objects.filter(expires_at__lt=Now())


def forget() -> int:
    """In batches, each a transaction."""
    forgotten = 0
    while plan().own is None:
        with connection.cursor() as cursor:
            cursor.execute(SWEEP)
            (swept,) = cursor.fetchone()
        forgotten += swept
        if swept < SWEEP_BATCH:
            break
    return forgotten
