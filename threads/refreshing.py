"""Threads whose rows are behind their checkpoints, because a run was lost or deleted: a worker looks at them again."""

import asyncio
import logging
from random import uniform
from typing import Any

from django.conf import settings
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from langgraph_server.checkpoints import farewells
from langgraph_server.checkpoints.fence import CheckpointsUnavailable
from langgraph_server.checkpoints.snapshots import interrupts_by_task
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.context import CURRENT
from langgraph_server.encryption.errors import EncryptionFailed
from langgraph_server.errors import Unavailable
from langgraph_server.graphs.registry import open_graph
from langgraph_server.rows import Rows
from threads import settled
from threads.models import Thread
from threads.sealing import context_of, sealed_state, with_config
from threads.state import config_of

logger = logging.getLogger(__name__)

BATCH = 20
#: Seconds for a graph to be opened and to read its state.
PATIENCE = 10


async def refresh_forever(rows: Rows, saver: BaseCheckpointSaver[Any], store: BaseStore) -> None:
    """In every worker; each thread is taken by one of them."""
    while True:
        await asyncio.sleep(settings.RUN_POLL.total_seconds() * uniform(0.8, 1.2))
        try:
            for thread in await rows.call(settled.take_outdated, BATCH):
                await refresh(thread, rows, saver, store)
        except (Unavailable, CheckpointsUnavailable) as error:
            logger.warning("threads not refreshed", extra={"error": str(error.__cause__)})


async def refresh(thread: Thread, rows: Rows, saver: BaseCheckpointSaver[Any], store: BaseStore) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await farewells.carry_out(saver, rows, thread.thread_id)
            if cipher() is not None:
                CURRENT.set(await rows.call(context_of, thread))
            values, interrupts, waits = await last_state(await with_config(thread), saver, store)
            values, interrupts = await sealed_state(values, interrupts)
    except EncryptionFailed as error:
        logger.warning("thread not refreshed", extra={"thread_id": str(thread.thread_id), "error": str(error)})
    except (Unavailable, CheckpointsUnavailable):
        raise
    except Exception:
        # The application's graph raised; it must not keep us from the other threads.
        logger.warning("thread not refreshed", exc_info=True, extra={"thread_id": str(thread.thread_id)})
    else:
        await rows.call(settled.show, thread, values, interrupts, waits=waits)


async def last_state(thread: Thread, saver: BaseCheckpointSaver[Any], store: BaseStore) -> tuple[object, object, bool]:
    """Values, interrupts and whether nodes are left to run; without a checkpoint there are no values."""
    config = config_of(thread, None)
    graph_id = thread.metadata.get("graph_id", "")
    async with open_graph(graph_id, config, "threads.read", store=store, checkpointer=saver) as graph:
        snapshot = await graph.aget_state(config)
    values = snapshot.values if snapshot.created_at else None
    return values, interrupts_by_task(snapshot), bool(snapshot.next)
