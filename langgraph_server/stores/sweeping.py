"""Items past their time go, in every worker and at its own pace: any number of sweepers may run."""

import asyncio
import logging
from random import uniform

from langgraph.store.base import BaseStore

from langgraph_server.errors import Unavailable
from langgraph_server.stores.backend import plan
from langgraph_server.stores.postgres import PostgresStore

logger = logging.getLogger(__name__)


async def sweep_forever(store: BaseStore) -> None:
    """The application's own store looks after itself."""
    minutes = plan().config.ttl.sweep_minutes
    while isinstance(store, PostgresStore):
        await asyncio.sleep(minutes * 60 * uniform(0.8, 1.2))
        try:
            swept = await store.sweep_ttl()
        except Unavailable as error:
            logger.warning("store not swept", extra={"error": str(error.__cause__)})
        else:
            logger.debug("store swept", extra={"items": swept})
