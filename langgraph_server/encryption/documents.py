"""Documents on their way into rows and out of them; without a cipher they stay what they are.

The functions that end in `here` are for threads: they wait, so no transaction may be open.
"""

import asyncio
import base64
from collections.abc import Awaitable, Coroutine, Iterable, Mapping
from typing import Any, TypeVar

import orjson

from langgraph_server import encoding
from langgraph_server.auth import loop
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.cipher import Cipher, Json, Place
from langgraph_server.encryption.context import CURRENT, Context
from langgraph_server.encryption.envelopes import (
    ALONE,
    ASIDE,
    BLOB,
    LITERAL,
    SEALED,
    by_context,
    guarded,
    is_envelope,
    mentions,
    refuse_reserved,
)

R = TypeVar("R")

#: In every document, as it is encoded, of which something is encrypted.
MARK = f'"{SEALED}"'.encode()
CONTAINERS = (Mapping, list, tuple)


async def content(model: str, field: str, value: Any) -> Any:
    """As a whole. None stays None."""
    chosen = cipher()
    return value if chosen is None or value is None else await chosen.seal_content(Place(model, field), value)


async def values(model: str, field: str, document: Json, *, open_keys: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Value by value, but for those under `open_keys`: they are the server's own."""
    chosen = cipher()
    if chosen is None:
        return dict(document)
    hidden, shown = parted(document, open_keys)
    return in_order(document, {**await chosen.seal_values(Place(model, field), hidden), **guarded(shown)})


async def searched(
    model: str, field: str, document: Json, *, open_keys: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """Only what is asked to be encrypted."""
    chosen = cipher()
    if chosen is None:
        return dict(document)
    hidden, shown = parted(document, open_keys)
    return in_order(document, {**await chosen.seal_searched(Place(model, field), hidden), **guarded(shown)})


def parted(document: Json, open_keys: frozenset[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    refuse_reserved(document)
    shown = {key: value for key, value in document.items() if key in open_keys}
    return {key: value for key, value in document.items() if key not in open_keys}, shown


def in_order(document: Json, sealed: Json) -> dict[str, Any]:
    return {key: sealed[key] for key in document}


async def opened(model: str, field: str, value: Any) -> Any:
    """All that is encrypted in it, at any depth; and without what is nobody's business but the server's."""
    chosen = cipher()
    if chosen is None or not mentions(value):
        return value
    return await walked(chosen, Place(model, field), value)


async def opened_json(model: str, field: str, encoded: bytes) -> bytes:
    """The same of a document that is encoded already."""
    if cipher() is None or MARK not in encoded:
        return encoded
    return encoding.dumps(await opened(model, field, orjson.loads(encoded)))


async def walked(chosen: Cipher, place: Place, value: Any) -> Any:
    if is_envelope(value):
        return (await opened_in(chosen, place, {ALONE: value}))[ALONE]
    if isinstance(value, Mapping):
        return await opened_in(chosen, place, value)
    if isinstance(value, list | tuple):
        return await together(chosen, (walked(chosen, place, each) for each in value))
    return value


async def opened_in(chosen: Cipher, place: Place, document: Json) -> dict[str, Any]:
    """The handlers are asked once for all values of one object that were encrypted with the same context."""
    found = {key: value for key, value in document.items() if is_envelope(value)}
    plain = {key: value[SEALED] for key, value in found.items() if value.get(LITERAL)}
    for key in [key for key, value in found.items() if value.get(BLOB)]:
        plain[key] = orjson.loads(await chosen.open_blob(place, base64.b64decode(found[key][SEALED])))
    for context, sealed in by_context({key: value for key, value in found.items() if key not in plain}):
        plain |= await chosen.open_values(place, context, sealed)
    inner = {key: value for key, value in document.items() if key not in plain and isinstance(value, CONTAINERS)}
    walks = await together(chosen, (walked(chosen, place.inside(key), value) for key, value in inner.items()))
    plain |= dict(zip(inner, walks, strict=True))
    return {key: plain.get(key, value) for key, value in document.items() if key != ASIDE}


async def together(chosen: Cipher, work: Iterable[Awaitable[R]]) -> list[R]:
    """Handlers of the application may each ask a service; our own keys wait for nothing."""
    if chosen.is_foreign:
        return list(await asyncio.gather(*work))
    return [await each for each in work]


def here(work: Coroutine[Any, Any, R], *, context: Context | None = None) -> R:
    """What one of the functions above does, on a thread; for the request that it serves, unless another is told."""
    chosen = cipher()
    if chosen is None or not chosen.is_foreign:
        return at_once(work)
    return loop.wait(within(CURRENT.get() if context is None else context, work))


async def within(context: Context, work: Coroutine[Any, Any, R]) -> R:
    CURRENT.set(context)
    return await work


def at_once(work: Coroutine[Any, Any, R]) -> R:
    """Ours waits for nothing."""
    try:
        work.send(None)
    except StopIteration as done:
        result: R = done.value
        return result
    raise RuntimeError("the built-in encryption waits for nothing")
