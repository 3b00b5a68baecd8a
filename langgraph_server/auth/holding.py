"""What API keys hold open, streams and websockets: it ends within seconds when its key does. On the loop.

One question for all keys of the process, however many streams they hold, and none where no key holds any.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from langgraph_server.auth.keys import good
from langgraph_server.auth.principal import Principal
from langgraph_server.errors import Unavailable
from langgraph_server.rows import Rows

LetGo = Callable[[], Awaitable[None]]

#: Seconds between two looks at the keys.
PACE = 3.0
#: By the key's id.
HELD: dict[str, set[LetGo]] = {}
#: The one that looks, while there is something to look at.
WATCHES: list[asyncio.Task[None]] = []


@contextmanager
def held(principal: Principal, let_go: LetGo, rows: Rows) -> Iterator[None]:
    """Meanwhile `let_go` is called if the principal's key is revoked, expires, or loses its user."""
    if principal.key_id is None:
        yield
        return
    HELD.setdefault(principal.key_id, set()).add(let_go)
    if not WATCHES:
        WATCHES.append(asyncio.create_task(watch(rows), name="watch the keys"))
    try:
        yield
    finally:
        HELD.get(principal.key_id, set()).discard(let_go)


async def watch(rows: Rows) -> None:
    try:
        while HELD:
            await asyncio.sleep(PACE)
            with suppress(Unavailable):
                await look(rows)
    finally:
        WATCHES.clear()


async def look(rows: Rows) -> None:
    for key_id in [key_id for key_id, holders in HELD.items() if not holders]:
        del HELD[key_id]
    asked = list(HELD)
    still = await rows.call(good, asked)
    ended = [HELD.pop(key_id) for key_id in asked if key_id not in still]
    await asyncio.gather(*(let_go() for holders in ended for let_go in holders))
