"""What a web process keeps open on its one long-lived loop: reader of streams, saver, store, the way to the rows."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.store.base import BaseStore

from langgraph_server.auth import loop as home
from langgraph_server.background import background
from langgraph_server.checkpoints.backend import open_checkpointer
from langgraph_server.checkpoints.fence import IDLE_THREADS
from langgraph_server.rows import Rows
from langgraph_server.stores.backend import open_store
from langgraph_server.streams.audience import Audience
from langgraph_server.streams.notices import Notices
from langgraph_server.streams.reader import Reader

THREADS = 4


@dataclass(frozen=True, eq=False)
class Resources:
    rows: Rows
    #: What may take long: nobody who starts a run, or waits for one, stands behind it.
    searches: Rows
    reader: Reader
    notices: Notices
    audience: Audience
    saver: BaseCheckpointSaver[Any]
    store: BaseStore
    stack: AsyncExitStack


OPENED: dict[asyncio.AbstractEventLoop, asyncio.Task[Resources]] = {}


async def resources() -> Resources:
    """Opened by the first request of the process: not every server speaks ASGI's lifespan."""
    loop = asyncio.get_running_loop()
    if loop not in OPENED:
        home.settle(loop)
        OPENED[loop] = loop.create_task(open_resources(), name="resources")
    return await asyncio.shield(OPENED[loop])


async def open_resources() -> Resources:
    stack = AsyncExitStack()
    rows, searches = Rows(threads=THREADS, name="rows"), Rows(threads=THREADS, name="searches")
    stack.callback(rows.close)
    stack.callback(searches.close)
    reader = Reader(settings.REDIS_URI, prefix=settings.REDIS_KEY_PREFIX)
    stack.push_async_callback(reader.close)
    await stack.enter_async_context(background(reader.run(), "reader"))
    audience = Audience(settings.REDIS_URI, prefix=settings.REDIS_KEY_PREFIX)
    stack.push_async_callback(audience.close)
    notices = Notices(settings.REDIS_URI, prefix=settings.REDIS_KEY_PREFIX, audience=audience)
    stack.push_async_callback(notices.close)
    saver = await stack.enter_async_context(
        open_checkpointer(settings.DATABASE_URI, pool_size=settings.POSTGRES_POOL_SIZE, holds=IDLE_THREADS)
    )
    store = await stack.enter_async_context(open_store(settings.DATABASE_URI, pool_size=settings.POSTGRES_POOL_SIZE))
    return Resources(rows, searches, reader, notices, audience, saver, store, stack)


async def close() -> None:
    if opened := OPENED.pop(asyncio.get_running_loop(), None):
        await (await opened).stack.aclose()
