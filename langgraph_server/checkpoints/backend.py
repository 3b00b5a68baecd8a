"""The process's checkpointer: ours over Postgres, or the application's own. Lives on the loop it is opened on."""

import functools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

from langgraph.checkpoint.base import BaseCheckpointSaver

from langgraph_server.checkpoints import own
from langgraph_server.checkpoints.commit import GroupCommit
from langgraph_server.checkpoints.configuration import CheckpointerConfig, parse
from langgraph_server.checkpoints.fence import Fence
from langgraph_server.checkpoints.saver import Saver, never, open_pool, open_saver
from langgraph_server.checkpoints.sealed import SealedSaver
from langgraph_server.checkpoints.statements import Statement
from langgraph_server.config.loading import application_object, server_config
from langgraph_server.encryption.backend import cipher


@dataclass(frozen=True)
class Plan:
    """`checkpointer` of langgraph.json with what it names imported."""

    config: CheckpointerConfig
    #: The application's own checkpointer, or what makes one.
    own: Any = None


@functools.cache
def plan() -> Plan:
    """Call it first at start and outside any loop: modules of the application may use `asyncio.run`."""
    config = parse(server_config().checkpointer)
    if config.path is None:
        return Plan(config)
    return Plan(config, own=application_object(config.path, server_config()))


@asynccontextmanager
async def open_checkpointer(
    conninfo: str, *, pool_size: int, holds: LiteralString
) -> AsyncIterator[BaseCheckpointSaver[Any]]:
    """`holds` as in `commit.GroupCommit`; nobody fences what the application's own checkpointer writes."""
    planned = plan()
    async with AsyncExitStack() as stack:
        if planned.own is not None:
            yield await stack.enter_async_context(own.kept_open(planned.own))
            return
        serde = planned.config.serde
        if (chosen := cipher()) is None:
            yield await stack.enter_async_context(open_saver(conninfo, pool_size=pool_size, holds=holds, serde=serde))
            return
        pool = await stack.enter_async_context(open_pool(conninfo, pool_size))
        yield SealedSaver(pool, GroupCommit(pool, holds), serde, chosen)


def fenced(
    saver: BaseCheckpointSaver[Any],
    fence: Fence,
    is_late: Callable[[], bool] = never,
    *,
    ahead: bool = False,
    blank: bool = False,
) -> BaseCheckpointSaver[Any]:
    """For one writer, whose writes are refused once it may not write any more; the application's own has no fence."""
    return saver.fenced(fence, is_late, ahead=ahead, blank=blank) if isinstance(saver, Saver) else saver


async def rest(saver: BaseCheckpointSaver[Any] | None) -> Sequence[Statement]:
    """What was put ahead of its commit and is not committed: the caller's from now on. Raises as a put does."""
    return await saver.rest() if isinstance(saver, Saver) else ()


async def commit(saver: BaseCheckpointSaver[Any], statements: Sequence[Statement], fence: Fence) -> None:
    """What `rest` left to the caller. Raises as a put does."""
    if isinstance(saver, Saver):
        await saver.group.commit(statements, fence)


async def kept(saver: BaseCheckpointSaver[Any] | None) -> None:
    """All that was put ahead of its commit is committed. Raises as a put does."""
    if isinstance(saver, Saver):
        await saver.kept()
