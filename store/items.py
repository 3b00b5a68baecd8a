"""Items are put, read, searched and deleted, through the same store that graphs are given."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from langgraph.store.base import NOT_PROVIDED, BaseStore, Item, SearchItem

from store.errors import Refused
from store.namespaces import Namespace

#: Of a search that asks for none.
PAGE = 10


async def put(
    store: BaseStore,
    namespace: Namespace,
    key: str,
    value: Mapping[str, Any],
    *,
    index: Literal[False] | list[str] | None,
    ttl: float | None,
) -> None:
    """Without a ttl of its own the item has the configured one."""
    with refusals():
        await store.aput(namespace, key, dict(value), index=index, ttl=NOT_PROVIDED if ttl is None else ttl)


async def get(store: BaseStore, namespace: Namespace, key: str, *, refresh_ttl: bool | None) -> Item | None:
    if any("\0" in part for part in (*namespace, key)):
        # Postgres cannot hold it, so no item has it.
        return None
    with refusals():
        return await store.aget(namespace, key, refresh_ttl=refresh_ttl)


async def delete(store: BaseStore, namespace: Namespace, key: str) -> None:
    with refusals():
        await store.adelete(namespace, key)


async def search(
    store: BaseStore,
    prefix: Namespace,
    *,
    filter: Mapping[str, Any] | None,
    query: str | None,
    limit: int,
    offset: int,
    refresh_ttl: bool | None,
) -> Sequence[SearchItem]:
    with refusals():
        return await store.asearch(
            prefix,
            query=query,
            filter=dict(filter) if filter else None,
            limit=limit or PAGE,
            offset=offset,
            refresh_ttl=refresh_ttl,
        )


async def namespaces(
    store: BaseStore, *, prefix: Namespace, suffix: Namespace, max_depth: int | None, limit: int, offset: int
) -> list[Namespace]:
    with refusals():
        return await store.alist_namespaces(
            prefix=prefix or None, suffix=suffix or None, max_depth=max_depth, limit=limit, offset=offset
        )


@contextmanager
def refusals() -> Iterator[None]:
    """What a store may say: the application's own, too."""
    try:
        yield
    except (ValueError, NotImplementedError) as error:
        raise Refused(reason=error) from error
