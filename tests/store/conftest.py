"""The process's store over the tests' database, empty before each test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from django.conf import settings
from psycopg.conninfo import make_conninfo

from langgraph_server.stores.backend import open_pool
from langgraph_server.stores.postgres import PostgresStore


def conninfo() -> str:
    return make_conninfo(settings.DATABASE_URI, dbname=settings.DATABASES["default"]["NAME"])


@asynccontextmanager
async def opened(**options: Any) -> AsyncIterator[PostgresStore]:
    async with open_pool(conninfo(), 4) as pool:
        yield PostgresStore(pool, **options)


@pytest.fixture
def database(db: None) -> str:
    with psycopg.connect(conninfo(), autocommit=True) as connection:
        connection.execute("DELETE FROM store")
        connection.execute("DROP TABLE IF EXISTS store_vectors")
    return conninfo()


@pytest_asyncio.fixture
async def store(database: str) -> AsyncIterator[PostgresStore]:
    async with opened() as store:
        yield store
