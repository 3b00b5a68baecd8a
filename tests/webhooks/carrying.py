"""Deliver as a worker does, without one."""

import asyncio

from webhooks import delivery
from webhooks.courier import Courier
from webhooks.models import Delivery
from webhooks.transport import open_client


def carry_due() -> None:
    """As a worker's courier does, once."""

    async def carry() -> None:
        courier = Courier()
        courier.news = asyncio.Event()
        try:
            async with open_client() as client:
                await courier.carry_due(client)
                while courier.under_way:
                    await asyncio.wait(courier.under_way)
        finally:
            courier.rows.pool.shutdown()
            courier.loop.close()

    asyncio.run(carry())


def attempt(made: Delivery) -> delivery.Answer:
    async def once() -> delivery.Answer:
        async with open_client() as client:
            return await delivery.attempt(made, client)

    return asyncio.run(once())
