"""Deletions that only the application's own checkpointer can carry out: rows first, then asked until it has done so.

Whoever is about to use a thread carries out those of the thread first. So a run never sees what was rolled back, and
a thread that is made anew never sees, or loses, checkpoints because of the one that was deleted under its id.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any, LiteralString
from uuid import UUID

from django.db import connection
from langgraph.checkpoint.base import BaseCheckpointSaver

from langgraph_server.checkpoints.models import Farewell
from langgraph_server.checkpoints.own import offers
from langgraph_server.checkpoints.saver import Saver
from langgraph_server.errors import Unavailable
from langgraph_server.rows import Rows

logger = logging.getLogger(__name__)

#: One at a time, for a thread's may not be in two hands: the second would delete what was written since.
TAKE: LiteralString = """
UPDATE checkpoints_farewell SET taken_until = now() + interval '1 minute' WHERE id IN (
    SELECT id FROM checkpoints_farewell
    WHERE (taken_until IS NULL OR taken_until < now()) AND (%s::uuid IS NULL OR thread_id = %s::uuid)
    ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING id, thread_id, run_id
"""
#: Seconds that the checkpointer has for one: less than it is in our hands.
PATIENCE = 45.0
#: Seconds before somebody else's are looked at again.
PAUSE = 0.1


def of_threads(thread_ids: Iterable[UUID]) -> None:
    Farewell.objects.bulk_create(Farewell(thread_id=thread_id) for thread_id in thread_ids)


def of_run(thread_id: UUID, run_id: UUID) -> None:
    Farewell.objects.create(thread_id=thread_id, run_id=run_id)


def take(thread_id: UUID | None = None) -> Farewell | None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [thread_id, thread_id])
        row = cursor.fetchone()
    return Farewell(*row) if row else None


def remain(thread_id: UUID) -> bool:
    return Farewell.objects.filter(thread_id=thread_id).exists()


def done(farewell: Farewell) -> None:
    Farewell.objects.filter(pk=farewell.pk).delete()


async def carry_out(saver: BaseCheckpointSaver[Any], rows: Rows, thread_id: UUID) -> None:
    """Before the thread is used. Those that somebody else has taken are waited for."""
    if isinstance(saver, Saver):
        return
    while await rows.call(remain, thread_id):
        if farewell := await rows.call(take, thread_id):
            await delete(saver, rows, farewell)
        else:
            await asyncio.sleep(PAUSE)


async def delete(saver: BaseCheckpointSaver[Any], rows: Rows, farewell: Farewell) -> None:
    name = "adelete_thread" if farewell.run_id is None else "adelete_for_runs"
    if not offers(saver, name):
        logger.info("checkpoints stay", extra={"of": str(farewell), "missing": name})
        await rows.call(done, farewell)
        return
    async with asyncio.timeout(PATIENCE):
        if farewell.run_id is None:
            await saver.adelete_thread(str(farewell.thread_id))
        else:
            await saver.adelete_for_runs([str(farewell.run_id)])
    await rows.call(done, farewell)


async def carry_out_forever(saver: BaseCheckpointSaver[Any], *, interval: float) -> None:
    """Of threads that nobody uses any more. Any number of processes may do so."""
    if isinstance(saver, Saver):
        return
    rows = Rows(threads=1, name="farewells")
    try:
        while True:
            await carry_out_all(saver, rows)
            await asyncio.sleep(interval)
    finally:
        rows.close()


async def carry_out_all(saver: BaseCheckpointSaver[Any], rows: Rows) -> None:
    try:
        while farewell := await rows.call(take):
            await delete_if_possible(saver, rows, farewell)
    except Unavailable as error:
        logger.warning("checkpoints not deleted", extra={"error": str(error.__cause__)})


async def delete_if_possible(saver: BaseCheckpointSaver[Any], rows: Rows, farewell: Farewell) -> None:
    try:
        await delete(saver, rows, farewell)
    except Unavailable:
        raise
    except Exception:
        # The application's code; it is asked again when the minute is over.
        logger.exception("checkpoints not deleted", extra={"of": str(farewell)})
