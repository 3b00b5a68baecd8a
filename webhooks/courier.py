"""Carries the due deliveries of a worker process, many at once: receivers that hang hold nobody else up."""

import asyncio
import logging
import threading
from dataclasses import replace
from datetime import timedelta

import httpx
from django.utils.timezone import now

from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.documents import opened
from langgraph_server.encryption.errors import EncryptionFailed
from langgraph_server.errors import Unavailable
from langgraph_server.rows import Rows
from webhooks import custody
from webhooks.configuration import configuration
from webhooks.delivery import Answer, attempt, verdict
from webhooks.models import Delivery
from webhooks.transport import open_client

logger = logging.getLogger(__name__)

SLOTS = 50


class Courier:
    """On a thread and loop of its own; `wake` may be called from any thread.

    What is under way when the process ends is due again once its attempt is thought lost (`custody.PATIENCE`).
    """

    def __init__(self) -> None:
        self.rows = Rows(threads=2, name="courier")
        self.under_way: set[asyncio.Task[None]] = set()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.host, name="courier", daemon=True)

    def wake(self) -> None:
        self.loop.call_soon_threadsafe(self.news.set)

    def start(self) -> None:
        self.news = asyncio.Event()
        self.thread.start()

    def host(self) -> None:
        self.loop.run_until_complete(self.run())

    async def run(self) -> None:
        async with open_client() as client:
            while True:
                await self.news.wait()
                self.news.clear()
                await self.carry_due(client)

    async def carry_due(self, client: httpx.AsyncClient) -> None:
        free = SLOTS - len(self.under_way)
        try:
            taken = await self.rows.call(custody.take, free) if free else []
        except Unavailable as error:
            logger.warning("no deliveries taken", extra={"error": str(error.__cause__)})
            return
        for delivery in taken:
            task = asyncio.create_task(self.carry(delivery, client), name=f"delivery {delivery.delivery_id}")
            self.under_way.add(task)
            task.add_done_callback(self.on_end)
        if taken and len(taken) == free:
            self.news.set()

    async def carry(self, delivery: Delivery, client: httpx.AsyncClient) -> None:
        answer = await self.attempt(delivery, client)
        judged = verdict(answer, tries=delivery.tries, give_up_at=delivery.give_up_at)
        await self.rows.call(custody.conclude, delivery, answer, judged)
        facts = {"delivery_id": str(delivery.delivery_id), "run_id": str(delivery.run_id), "tries": delivery.tries}
        logger.info("webhook attempted", extra={**facts, "status": answer.status_code, "state": str(judged.state)})

    async def attempt(self, delivery: Delivery, client: httpx.AsyncClient) -> Answer:
        """What is encrypted of the body is opened for this attempt; a receiver waits until that can be done."""
        try:
            delivery.body = await opened("webhook", "", delivery.body)
        except EncryptionFailed as error:
            return Answer(delivery.taken_at or now(), timedelta(0), error=str(error))
        answer = await attempt(delivery, client)
        # A receiver may answer with what it was told.
        return answer if cipher() is None else replace(answer, excerpt="")

    def on_end(self, task: asyncio.Task[None]) -> None:
        """A slot is free. An attempt whose verdict was not written is due again once it is thought lost."""
        full = len(self.under_way) >= SLOTS
        self.under_way.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.warning("a delivery's verdict was not written", exc_info=error)
        if full:
            self.news.set()


COURIERS: list[Courier] = []
LOCK = threading.Lock()


def courier() -> Courier:
    """The one of this process, started when it is first asked for, and anew should it have died."""
    with LOCK:
        if not COURIERS or not COURIERS[0].thread.is_alive():
            COURIERS[:] = [Courier()]
            COURIERS[0].start()
        return COURIERS[0]


def deliver_due() -> None:
    if not configuration().disabled:
        courier().wake()
