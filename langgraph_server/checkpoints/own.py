"""The application's own checkpointer: what it offers, how synchronous code asks it, and what is made up for it.

It is asked on the loop that the process keeps it open on; the callers are on threads beside that loop.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple

from langgraph_server.checkpoints.errors import CheckpointerCannot, CheckpointerFailed
from langgraph_server.config.opening import opened
from langgraph_server.errors import ConfigurationError

logger = logging.getLogger(__name__)

R = TypeVar("R")
OwnSaver: TypeAlias = BaseCheckpointSaver[Any]

#: Without these there are no runs.
NEEDED = ("aget_tuple", "alist", "aput", "aput_writes")
#: What else the server asks for, and what becomes of it where a checkpointer does not offer it.
WISHED = {
    "adelete_thread": "checkpoints of deleted threads stay",
    "adelete_for_runs": "rollback is refused",
    "acopy_thread": "threads are copied checkpoint by checkpoint",
    "aprune": "keep_latest is refused",
}
NEVER = (
    "its writes are not fenced: a worker that froze and was replaced may still write",
    "its writes are not grouped",
    "the storage of a thread is not measured",
)
#: Seconds that a thread waits for an answer.
PATIENCE = 60.0

OPENED: dict[asyncio.AbstractEventLoop, OwnSaver] = {}


@asynccontextmanager
async def kept_open(found: Any) -> AsyncIterator[OwnSaver]:
    """Where synchronous code of this process finds it."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        saver = await made(found, stack)
        logger.warning("checkpoints are kept by the application", extra={"kind": kind(saver), "but": limits(saver)})
        OPENED[loop] = saver
        try:
            yield saver
        finally:
            del OPENED[loop]


async def made(found: Any, stack: AsyncExitStack) -> OwnSaver:
    saver: OwnSaver = await opened(found, BaseCheckpointSaver, stack, key="checkpointer.path")
    if lacking := [name for name in NEEDED if not offers(saver, name)]:
        told = f"{kind(saver)} does not implement {', '.join(lacking)}; the server runs graphs asynchronously"
        raise ConfigurationError(f"checkpointer.path: {told}")
    return saver


def offers(saver: OwnSaver, name: str) -> bool:
    return getattr(type(saver), name, None) is not getattr(BaseCheckpointSaver, name)


def limits(saver: OwnSaver) -> list[str]:
    return [*(loss for name, loss in WISHED.items() if not offers(saver, name)), *NEVER]


def kind(saver: OwnSaver) -> str:
    return type(saver).__name__


def demand(saver: OwnSaver, name: str, what: str) -> None:
    if not offers(saver, name):
        raise CheckpointerCannot(what=what, kind=kind(saver), name=name)


def ask(found: Any, question: Callable[[OwnSaver], Coroutine[Any, Any, R]]) -> R:
    """From a thread. A process that has not opened it, such as a command, opens it for this question."""
    try:
        for loop, saver in OPENED.items():
            return asyncio.run_coroutine_threadsafe(question(saver), loop).result(PATIENCE)
        return asyncio.run(asked_alone(found, question))
    except (CheckpointerCannot, ConfigurationError):
        raise
    except (Exception, CancelledError) as error:
        logger.warning("the application's checkpointer failed", exc_info=error)
        raise CheckpointerFailed from error


async def asked_alone(found: Any, question: Callable[[OwnSaver], Coroutine[Any, Any, R]]) -> R:
    async with AsyncExitStack() as stack:
        return await question(await made(found, stack))


async def copy(saver: OwnSaver, source: UUID, target: UUID) -> None:
    """By the checkpointer itself if it can, else checkpoint by checkpoint, parents first: their ids grow."""
    if offers(saver, "acopy_thread"):
        await saver.acopy_thread(str(source), str(target))
        return
    found = [each async for each in saver.alist({"configurable": {"thread_id": str(source)}})]
    for each in sorted(found, key=lambda each: each.checkpoint["id"]):
        await copy_checkpoint(saver, each, str(target))


async def copy_checkpoint(saver: OwnSaver, found: CheckpointTuple, target: str) -> None:
    place = {"thread_id": target, "checkpoint_ns": found.config["configurable"].get("checkpoint_ns", "")}
    parent = found.parent_config["configurable"]["checkpoint_id"] if found.parent_config else None
    above = {"checkpoint_id": parent} if parent else {}
    metadata: Any = {**found.metadata, **({"thread_id": target} if "thread_id" in found.metadata else {})}
    checkpoint = found.checkpoint
    here = await saver.aput({"configurable": {**place, **above}}, checkpoint, metadata, checkpoint["channel_versions"])
    writes: dict[str, list[tuple[str, Any]]] = {}
    for task_id, channel, value in found.pending_writes or ():
        writes.setdefault(task_id, []).append((channel, value))
    for task_id, written in writes.items():
        await saver.aput_writes(here, written, task_id)


async def demand_rollback(saver: OwnSaver) -> None:
    demand(saver, "adelete_for_runs", "roll back")


async def prune(saver: OwnSaver, thread_ids: list[str]) -> None:
    demand(saver, "aprune", "keep only the latest checkpoints")
    await saver.aprune(thread_ids, strategy="keep_latest")


async def progress(saver: OwnSaver, thread_id: UUID, run_id: UUID) -> int:
    """A number that grows with the supersteps of a run."""
    latest = await saver.aget_tuple({"configurable": {"thread_id": str(thread_id), "checkpoint_ns": ""}})
    if latest is None or latest.metadata.get("run_id") != str(run_id):
        return 0
    return int(latest.metadata.get("step", 0))
