"""What the configured store turned out to be, for the person who runs `check`."""

import asyncio
from contextlib import AsyncExitStack

from django.db import connection
from langgraph.store.base import BaseStore

from langgraph_server.config.opening import opened
from langgraph_server.errors import ConfigurationError
from langgraph_server.stores.backend import Plan

NO_VECTORS = "store.index needs the extension 'vector' (pgvector), which the database server does not offer: install it"

NO_TTL = "\n  - items cannot have a ttl"


def describe(planned: Plan) -> str:
    config = planned.config
    if planned.own is not None:
        mortal = not isinstance(planned.own, BaseStore) or planned.own.supports_ttl
        return f"store: the application's own, from {config.path}{'' if mortal else NO_TTL}"
    index = f", indexed by {config.index.embed} in {config.index.dims} dimensions" if config.index else ""
    ttl = f", items live {config.ttl.default:g} minutes" if config.ttl.default else ""
    return f"store: the server's{index}{ttl}"


def try_out(planned: Plan) -> None:
    """Opens the application's own; of ours, asks the database for what an index needs, and changes nothing."""
    if planned.own is not None:
        asyncio.run(open_and_close(planned))
    elif planned.config.index and not has_extension():
        raise ConfigurationError(NO_VECTORS)


async def open_and_close(planned: Plan) -> None:
    async with AsyncExitStack() as stack:
        await opened(planned.own, BaseStore, stack, key="store.path")  # type: ignore[type-abstract]  # it is only asked for


def has_extension() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM pg_available_extensions WHERE name = 'vector'")
        return cursor.fetchone() is not None
