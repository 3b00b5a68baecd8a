"""What a thread's row shows of its state, encrypted; and its configuration, opened for the graph that is to read it."""

from collections.abc import Iterable
from typing import Any

import orjson

from langgraph_server import encoding
from langgraph_server.encryption import parts
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.context import Context
from langgraph_server.encryption.documents import content, opened
from langgraph_server.encryption.envelopes import context_in
from threads.models import Thread

THREAD = "thread"
SEALED = {"metadata", "config", "values", "interrupts", "error"}


async def sealed_state(values: Any, interrupts: Any) -> tuple[Any, Any]:
    if cipher() is None:
        return values, interrupts
    asked = await parts.interrupts(THREAD, orjson.loads(encoding.dumps(interrupts)) or {})
    return await content(THREAD, "values", orjson.loads(encoding.dumps(values))), asked


async def reveal(threads: Iterable[Thread]) -> None:
    """All that was read of them, in the place of what is encrypted. Not to be saved."""
    for thread in threads:
        vars(thread).update(
            await opened(THREAD, "", {name: vars(thread)[name] for name in SEALED & vars(thread).keys()})
        )


def context_of(thread: Thread) -> Context:
    """Of its last run: for what is encrypted without a request."""
    return context_in(thread.runs.order_by("-created_at").values_list("kwargs", flat=True).first() or {})


async def with_config(thread: Thread) -> Thread:
    """Not to be saved."""
    thread.config = await opened(THREAD, "config", thread.config)
    return thread
