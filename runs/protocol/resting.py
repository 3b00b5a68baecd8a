"""What a command has to know of its thread before it starts a run: is it waiting, and for which answers?"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langgraph_server.rows import Rows
from runs.topic import Topic
from threads.choices import ThreadStatus
from threads.models import Thread

#: Seconds that a command waits for a busy thread to come to rest.
PATIENCE = 5.0
LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Rest:
    is_busy: bool = False
    #: Ids of the interrupts that wait for an answer.
    interrupts: frozenset[str] = frozenset()
    #: Of the run before.
    assistant: str | None = None


async def come_to_rest(topic: Topic, rows: Rows) -> Rest:
    """Looked at again until the thread is not busy, or patience is spent."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        rest = await rows.call(look, topic)
        if not rest.is_busy or asyncio.get_running_loop().time() > deadline:
            return rest
        await asyncio.sleep(LOOK)


def look(topic: Topic) -> Rest:
    thread = (
        Thread.objects.visible(topic.visible).filter(thread_id=topic.thread_id).only("status", "interrupts").first()
    )
    if thread is None:
        return Rest()
    if thread.status == ThreadStatus.BUSY:
        return Rest(is_busy=True)
    latest = topic.runs.order_by("-created_at").values_list("assistant_id", flat=True).first()
    return Rest(interrupts=ids_of(thread.interrupts), assistant=str(latest) if latest else None)


def ids_of(interrupts: Mapping[str, list[dict[str, Any]]]) -> frozenset[str]:
    return frozenset(str(interrupt["id"]) for found in interrupts.values() for interrupt in found)
