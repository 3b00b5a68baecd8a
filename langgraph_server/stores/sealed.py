"""The store where encryption is configured: values are encrypted, namespaces and keys stay; filters find nothing.

Embeddings are of what was put, and are not encrypted.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from langgraph.store.base import Item, Op, Result

from langgraph_server.encryption import documents
from langgraph_server.stores.postgres import PostgresStore

WHERE = ("store", "value")


class SealedStore(PostgresStore):
    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Nothing is opened before the connection is given back."""
        return [await opened(result) for result in await super().abatch(ops)]

    async def stored_values(self, ops: Sequence[Op]) -> dict[int, Any]:
        plain = await super().stored_values(ops)
        return {place: await documents.content(*WHERE, value) for place, value in plain.items()}


async def opened(result: Any) -> Any:
    if isinstance(result, list):
        return [await opened(each) for each in result]
    if isinstance(result, Item):
        result.value = await documents.opened(*WHERE, result.value)
    return result
