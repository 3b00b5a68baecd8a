"""One loop a worker process: it claims runs in batches, executes them in slots, and gives back what it cannot end."""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from functools import partial
from random import uniform
from typing import Any
from uuid import UUID, uuid4

import uvloop
from django.conf import settings

from langgraph_server import loopback
from langgraph_server.auth import loop as home
from langgraph_server.background import background
from langgraph_server.checkpoints import farewells
from langgraph_server.checkpoints.backend import open_checkpointer
from langgraph_server.checkpoints.fence import HELD_RUNS
from langgraph_server.errors import Unavailable
from langgraph_server.parts import end_worker
from langgraph_server.rows import Rows, reach
from langgraph_server.stores.backend import open_store
from langgraph_server.stores.sweeping import sweep_forever
from langgraph_server.streams import signals
from langgraph_server.streams.attention import Attention
from langgraph_server.streams.connection import connect_async
from langgraph_server.streams.log import RunLog
from runs import dispatch, sweeper, workers
from runs.execution.bench import Bench
from runs.execution.body import Body, Stop
from runs.execution.claims import Claims
from runs.execution.company import Company
from runs.execution.executor import execute
from runs.execution.heartbeat import Heartbeat, Held
from runs.execution.ledger import Ledger
from runs.execution.recorder import Recorder
from runs.execution.slots import Execution, Slots
from runs.lease import Lease, Wish
from runs.workers import Word
from threads.refreshing import refresh_forever
from webhooks import courier

logger = logging.getLogger(__name__)


class Runner:
    """Hosted by a Celery worker on a thread of its own; `nudge` and `drain` may be called from any thread."""

    def __init__(self, *, queues: Sequence[str], slots: int) -> None:
        self.queues = queues
        self.owner = uuid4()
        self.slots = Slots(slots)
        self.company = Company()
        self.attention = Attention()
        self.ended = threading.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.host, name="runner", daemon=True)
        self.heartbeat = Heartbeat(
            lease=settings.RUN_LEASE,
            held=self.slots.held,
            lost=self.on_lost,
            wished=self.on_wished,
            died=end_worker,
            tell=self.tell,
        )

    def start(self) -> None:
        self.thread.start()
        self.ready.wait()
        self.heartbeat.start()

    def nudge(self, queue: str) -> None:
        self.loop.call_soon_threadsafe(self.claims.wake, queue)

    @property
    def is_full(self) -> bool:
        return self.slots.is_full

    def is_for_others(self, hops: int) -> bool:
        """Whether a wake-up is: this process computes, and others have room. Takes a moment, if it holds runs."""
        if hops >= dispatch.HOPS:
            self.company.leave_alone()
        return bool(self.slots.bodies) and self.company.is_to_be_woken()

    def tell(self, *, ended: bool = False) -> None:
        """That it is there, or leaves: for operators and other workers, as a hint, so that it may fail."""
        word = Word(self.owner, self.queues, self.slots.number, len(self.slots.bodies), self.slots.closed, ended)
        try:
            self.company.number = reach(workers.tell, word)
        except Unavailable as error:
            self.company.number = 0
            logger.warning("the worker's row was not written", extra={"error": str(error.__cause__)})

    def on_lost(self, held: Held) -> None:
        for run_id, token in held:
            self.loop.call_soon_threadsafe(self.slots.stop, run_id, Stop("lease"), token)

    def on_wished(self, wishes: dict[UUID, Wish]) -> None:
        for run_id, wish in wishes.items():
            self.loop.call_soon_threadsafe(self.slots.stop, run_id, Stop("cancel", wish.action, wish.reason))

    def drain(self) -> None:
        """No more claims; what runs has the grace time to end, the rest goes back with its attempt unspent."""
        self.loop.call_soon_threadsafe(self.begin_drain)
        self.ended.wait()
        self.heartbeat.stop()
        self.tell(ended=True)

    def host(self) -> None:
        try:
            uvloop.run(self.run())
        finally:
            self.ended.set()
            self.ready.set()
            if not self.slots.closed:
                end_worker("runner")

    async def run(self) -> None:
        self.loop = asyncio.get_running_loop()
        home.settle(self.loop)
        nodes = ThreadPoolExecutor(settings.SYNC_NODE_THREADS, thread_name_prefix="node")
        self.loop.set_default_executor(nodes)
        async with AsyncExitStack() as stack:
            self.bench = await self.set_up(stack)
            self.ready.set()
            await self.claims.run()
            await self.slots.empty(settings.DRAIN_GRACE.total_seconds())
            await loopback.close()
        # Not waited for: a synchronous node may have hours to go, and what it writes counts no more.
        nodes.shutdown(wait=False, cancel_futures=True)
        self.loop.set_default_executor(ThreadPoolExecutor(1))

    async def set_up(self, stack: AsyncExitStack) -> Bench:
        ledger = Ledger(self.owner, self.queues)
        stack.callback(ledger.close)
        redis = connect_async(settings.REDIS_URI, timeout=None)
        stack.push_async_callback(redis.aclose)
        self.claims = Claims(self.slots, self.company, ledger, redis, self.begin)
        log = RunLog(redis, prefix=settings.REDIS_KEY_PREFIX, keep=ledger.keep, retention=settings.STREAM_RETENTION)
        saver = await stack.enter_async_context(
            open_checkpointer(settings.DATABASE_URI, pool_size=settings.POSTGRES_POOL_SIZE, holds=HELD_RUNS)
        )
        store = await stack.enter_async_context(
            open_store(settings.DATABASE_URI, pool_size=settings.POSTGRES_POOL_SIZE)
        )
        await self.background(stack, log.run(), "event log")
        await self.background(stack, self.sweep_forever(), "sweeper")
        await self.background(stack, sweep_forever(store), "store sweeper")
        interval = settings.RUN_SWEEP.total_seconds()
        await self.background(stack, farewells.carry_out_forever(saver, interval=interval), "farewells")
        await self.background(stack, refresh_forever(ledger.rows, saver, store), "refresher")
        hearers = {
            signals.CANCEL: signals.of_ids(self.on_cancel),
            signals.FOLLOWED: signals.of_ids(self.on_followed),
            signals.READY: self.claims.hear,
        }
        hearing = signals.listen(redis, settings.REDIS_KEY_PREFIX, hearers, self.attention.began)
        await self.background(stack, hearing, "signals")
        recorder = Recorder()
        stack.push_async_callback(recorder.finish)
        await self.background(stack, recorder.run(), "recorder")
        return Bench(ledger, log, saver, store, recorder, self.attention, self.heartbeat.is_late)

    async def background(self, stack: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
        """Lives as long as the runner; should it die, the worker goes with it."""
        task = await stack.enter_async_context(background(work, name))
        task.add_done_callback(self.on_background_death)

    def on_background_death(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            logger.error("a part of the worker died", exc_info=error)
            end_worker(task.get_name())

    def begin(self, claimed: Lease) -> Body:
        body, execution = self.slots.fill(claimed, partial(execute, bench=self.bench))
        execution.add_done_callback(partial(self.on_end, claimed.run_id))
        return body

    def on_end(self, run_id: UUID, execution: Execution) -> None:
        """What failed in our own code is logged here; the run's lease expires and it is tried again."""
        ready, self.bench.ledger.ready = self.bench.ledger.ready, set()
        if not execution.cancelled() and (error := execution.exception()):
            logger.error("execution failed", exc_info=error, extra={"run_id": str(run_id)})
        elif not execution.cancelled():
            ready |= execution.result()
        self.claims.on_freed(ready)

    def on_cancel(self, run_ids: set[UUID]) -> None:
        if not run_ids.isdisjoint(self.slots.bodies):
            self.heartbeat.look()

    def on_followed(self, named: set[UUID]) -> None:
        self.attention.hear(named)
        for body in self.slots.bodies.values():
            if body.writer and not named.isdisjoint((body.lease.run_id, body.lease.thread_id)):
                body.writer.follow()

    async def sweep_forever(self) -> None:
        rows = Rows(threads=1, name="sweeper")
        try:
            while True:
                await asyncio.sleep(settings.RUN_SWEEP.total_seconds() * uniform(0.8, 1.2))
                try:
                    await rows.call(sweeper.sweep)
                except Unavailable as error:
                    logger.warning("not swept", extra={"error": str(error.__cause__)})
                # Beat asks for it too; without one, webhooks that failed must not wait for ever.
                courier.deliver_due()
        finally:
            rows.close()

    def begin_drain(self) -> None:
        logger.info("draining", extra={"runs": len(self.slots.bodies)})
        self.slots.begin_drain()
        self.claims.news.set()
