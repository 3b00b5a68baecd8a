"""The library's Postgres store with our statements: the order, the filters and the isolation that the wire promises."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import orjson
from langgraph.store.base import (
    BaseStore,
    GetOp,
    Item,
    ListNamespacesOp,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    get_text_at_path,
    validate_op_namespace,
)
from langgraph.store.postgres import AsyncPostgresStore
from psycopg import AsyncConnection, AsyncCursor, InterfaceError, OperationalError
from psycopg.rows import DictRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from langgraph_server.encoding import dumps
from langgraph_server.errors import Unavailable
from langgraph_server.stores import statements
from langgraph_server.stores.statements import Vector

Pool: TypeAlias = AsyncConnectionPool[AsyncConnection[DictRow]]
#: By the text that they are of.
Vectors: TypeAlias = Mapping[str, Vector]

UNREACHABLE = (OperationalError, InterfaceError, PoolTimeout)


class PostgresStore(AsyncPostgresStore):
    # Each operation by itself: those that the library would put into one batch wait for each other's embeddings, and
    # one that fails takes its neighbours along.
    aget = BaseStore.aget
    asearch = BaseStore.asearch
    aput = BaseStore.aput
    adelete = BaseStore.adelete
    alist_namespaces = BaseStore.alist_namespaces

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """All in one transaction, what reads before what writes."""
        ops = list(ops)
        for op in ops:
            validate_op_namespace(op)
        vectors = await self.embed(ops)
        results: dict[int, Result] = {}
        documents = await self.stored_values(ops)
        async with self.cursor() as cursor:
            for place in sorted(range(len(ops)), key=lambda place: isinstance(ops[place], PutOp)):
                results[place] = await self.answer(ops[place], cursor, vectors, documents.get(place))
        return [results[place] for place in range(len(ops))]

    async def stored_values(self, ops: Sequence[Op]) -> dict[int, Any]:
        """What is stored of the values that are put, by their places."""
        return {place: op.value for place, op in enumerate(ops) if isinstance(op, PutOp)}

    @asynccontextmanager
    async def cursor(self) -> AsyncIterator[AsyncCursor[DictRow]]:
        try:
            async with (
                self.pool.connection() as connection,
                connection.transaction(),
                connection.pipeline(),
                connection.cursor(binary=True) as cursor,
            ):
                yield cursor
        except UNREACHABLE as error:
            raise Unavailable from error

    @property
    def pool(self) -> Pool:
        assert isinstance(self.conn, AsyncConnectionPool)
        return self.conn

    async def answer(self, op: Op, cursor: AsyncCursor[DictRow], vectors: Vectors, document: Any) -> Result:
        match op:
            case GetOp():
                rows = await self.read(op, cursor, statements.get(op), refresh=op.refresh_ttl)
                return item(rows[0]) if rows else None
            case SearchOp():
                rows = await self.read(op, cursor, searching(op, vectors), refresh=op.refresh_ttl)
                return [found_item(row) for row in rows]
            case ListNamespacesOp():
                rows = await self.read(op, cursor, statements.namespaces(op), refresh=False)
                return [tuple(row["labels"]) for row in rows]
            case PutOp():
                await self.put_item(op, cursor, vectors, document)
                return None
        raise TypeError(f"unknown operation {op!r}")

    async def read(
        self, op: Op, cursor: AsyncCursor[DictRow], statement: statements.Statement, *, refresh: bool
    ) -> Sequence[DictRow]:
        await cursor.execute(*statement)
        rows = await cursor.fetchall()
        mortal = [row for row in rows if refresh and row["ttl_minutes"] is not None]
        if mortal:
            await cursor.execute(*statements.refresh(mortal))
        return rows

    async def put_item(self, op: PutOp, cursor: AsyncCursor[DictRow], vectors: Vectors, document: Any) -> None:
        await cursor.execute(*statements.put(op, document))
        if self.index_config and op.value is not None:
            for statement in statements.put_vectors(op, ((field, vectors[text]) for field, text in self.texts(op))):
                await cursor.execute(*statement)

    async def embed(self, ops: Sequence[Op]) -> Vectors:
        """Before a connection is taken: a model may need its time."""
        if self.embeddings is None:
            return {}
        texts = {text: None for op in ops if isinstance(op, PutOp) for _, text in self.texts(op)}
        queries = {op.query: None for op in ops if isinstance(op, SearchOp) and op.query}
        stored, asked = await asyncio.gather(
            self.embeddings.aembed_documents(list(texts)) if texts else nothing(),
            asyncio.gather(*(self.embeddings.aembed_query(query) for query in queries)),
        )
        return {**dict(zip(texts, stored, strict=True)), **dict(zip(queries, asked, strict=True))}

    def texts(self, op: PutOp) -> Iterator[tuple[str, str]]:
        """What is to be embedded of an item, by the path that leads there."""
        if not self.index_config or op.value is None or op.index is False:
            return
        value = orjson.loads(dumps(op.value))
        for path in self.index_config.get("fields") or ["$"] if op.index is None else op.index:
            found = get_text_at_path(value, path)
            for place, text in enumerate(found):
                yield (f"{path}.{place}" if len(found) > 1 else path), text

    async def sweep_ttl(self) -> int:
        """How many items were past their time. In batches, each a transaction."""
        swept, batch = 0, statements.SWEEP_BATCH
        while batch == statements.SWEEP_BATCH:
            async with self.cursor() as cursor:
                await cursor.execute(statements.SWEEP)
                row = await cursor.fetchone()
            batch = int(row["swept"]) if row else 0
            swept += batch
        return swept


def searching(op: SearchOp, vectors: Vectors) -> statements.Statement:
    """By similarity where there is something to compare: without an index the query says nothing."""
    vector = vectors.get(op.query) if op.query else None
    return statements.search_similar(op, vector) if vector else statements.search(op)


async def nothing() -> list[Vector]:
    return []


def item(row: DictRow) -> Item:
    return Item(
        value=row["value"],
        key=row["key"],
        namespace=tuple(row["prefix"].split(".")),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def found_item(row: DictRow) -> SearchItem:
    return SearchItem(
        namespace=tuple(row["prefix"].split(".")),
        key=row["key"],
        value=row["value"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        score=row["score"],
    )
