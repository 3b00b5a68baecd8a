"""What the configured checkpointer turned out to be, for the person who runs `check`."""

import asyncio
from contextlib import AsyncExitStack

from langgraph.checkpoint.base import BaseCheckpointSaver

from langgraph_server.checkpoints import own
from langgraph_server.checkpoints.backend import Plan


def describe(planned: Plan) -> str:
    """A factory's work is not known until it is called, as `try_out` does."""
    if planned.own is None:
        return "checkpointer: the server's"
    where = f"checkpointer: the application's own, from {planned.config.path}"
    return told(where, planned.own) if isinstance(planned.own, BaseCheckpointSaver) else where


def try_out(planned: Plan) -> str:
    """Opens the application's own, and tells what it is."""
    return asyncio.run(open_and_close(planned)) if planned.own is not None else describe(planned)


async def open_and_close(planned: Plan) -> str:
    async with AsyncExitStack() as stack:
        return told(
            f"checkpointer: the application's own, from {planned.config.path}", await own.made(planned.own, stack)
        )


def told(where: str, saver: own.OwnSaver) -> str:
    return "".join([f"{where}: {own.kind(saver)}", *(f"\n  - {loss}" for loss in own.limits(saver))])
