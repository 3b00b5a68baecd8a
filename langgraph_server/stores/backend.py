"""The process's long-term store: ours over Postgres, or the application's own. Lives on the loop it is opened on."""

import functools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from langchain_core.embeddings import Embeddings
from langgraph.store.base import BaseStore, TTLConfig, ensure_embeddings
from langgraph.store.postgres.base import PostgresIndexConfig
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from langgraph_server.config.importing import import_object
from langgraph_server.config.loading import prepare_application, server_config
from langgraph_server.config.opening import opened
from langgraph_server.encryption.backend import cipher
from langgraph_server.errors import ConfigurationError
from langgraph_server.stores import vectors
from langgraph_server.stores.configuration import Index, StoreConfig, Ttl, parse
from langgraph_server.stores.postgres import Pool, PostgresStore
from langgraph_server.stores.sealed import SealedStore


@dataclass(frozen=True)
class Plan:
    """`store` of langgraph.json with what it names imported."""

    config: StoreConfig
    #: The application's own store, or what makes one.
    own: Any = None
    embeddings: Embeddings | None = None


@functools.cache
def plan() -> Plan:
    """Call it first at start and outside any loop: modules of the application may use `asyncio.run`."""
    config, root = parse(server_config().store), server_config().root
    prepare_application(server_config())
    if config.path:
        return Plan(config, own=import_object(config.path, root))
    return Plan(config, embeddings=embeddings(config.index.embed, root) if config.index else None)


@asynccontextmanager
async def open_store(conninfo: str, *, pool_size: int) -> AsyncIterator[BaseStore]:
    planned = plan()
    config = planned.config
    async with AsyncExitStack() as stack:
        if planned.own is not None:
            yield await opened(planned.own, BaseStore, stack, key="store.path")  # type: ignore[type-abstract]  # it is only asked for
            return
        pool = await stack.enter_async_context(open_pool(conninfo, pool_size))
        if config.index:
            await ensure_vectors(conninfo, config.index)
        kind = PostgresStore if cipher() is None else SealedStore
        yield kind(pool, index=library_index(planned), ttl=library_ttl(config.ttl))


@asynccontextmanager
async def open_pool(conninfo: str, size: int) -> AsyncIterator[Pool]:
    pool: Pool = AsyncConnectionPool(
        conninfo,
        min_size=0,
        max_size=size,
        timeout=5,
        # The pool waits twice as long after each failure: by default Postgres could be back for minutes unnoticed.
        reconnect_timeout=5,
        open=False,
        kwargs={
            "autocommit": True,
            "prepare_threshold": None if settings.POOLER else 5,
            "row_factory": dict_row,
            "connect_timeout": 5,
            **settings.POSTGRES_SILENCE,
        },
    )
    await pool.open()
    try:
        yield pool
    finally:
        await pool.close()


async def ensure_vectors(conninfo: str, index: Index) -> None:
    async with await AsyncConnection.connect(conninfo, row_factory=dict_row, connect_timeout=5) as connection:
        await vectors.ensure(connection, index.dims)


def library_index(planned: Plan) -> PostgresIndexConfig | None:
    index = planned.config.index
    if index is None or planned.embeddings is None:
        return None
    return {"dims": index.dims, "embed": planned.embeddings, "fields": list(index.fields)}


def embeddings(reference: str, root: Path) -> Embeddings:
    """A reference to the application's own names a file or a dotted module; a provider has neither slash nor dot."""
    where = reference.partition(":")[0]
    try:
        return ensure_embeddings(import_object(reference, root) if "/" in where or "." in where else reference)
    except (ValueError, ImportError) as error:
        raise ConfigurationError(f"store.index.embed: {error}") from error


def library_ttl(ttl: Ttl) -> TTLConfig:
    return {"default_ttl": ttl.default, "refresh_on_read": ttl.refresh_on_read}
