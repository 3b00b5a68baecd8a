"""Deliver as a worker does, without one."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from langgraph_server.rows import Rows
from tests.runs.racing import apart
from webhooks import delivery
from webhooks.courier import Courier
from webhooks.models import Delivery
from webhooks.transport import open_client

P = ParamSpec("P")
R = TypeVar("R")


class BriefRows(Rows):
    """Threads that take their connections with them."""

    async def call(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(apart(function), *args, **kwargs)


def carry_due() -> None:
    """What is due now, until its verdicts are written."""

    async def carry() -> None:
        courier = Courier()
        courier.rows = BriefRows(threads=1, name="courier")
        courier.news = asyncio.Event()
        async with open_client() as client:
            await courier.carry_due(client)
            while courier.under_way:
                await asyncio.wait(courier.under_way)
        courier.loop.close()

    asyncio.run(carry())


def attempt(made: Delivery) -> delivery.Answer:
    async def once() -> delivery.Answer:
        async with open_client() as client:
            return await delivery.attempt(made, client)

    return asyncio.run(once())
