"""One loop a worker process: it claims runs in batches, executes them in slots, and gives back what it cannot end."""

import asyncio
import logging
import threading
import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
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
from runs.execution.body import Body, Stop
from runs.execution.busyness import Look
from runs.execution.executor import Bench, execute
from runs.execution.heartbeat import Heartbeat, Held
from runs.execution.ledger import Ledger
from runs.execution.recorder import Recorder
from runs.lease import LONERS, NOT_TRUSTED, SUSPECTS, Lease, Wish
from runs.workers import Word
from threads.refreshing import refresh_forever
from webhooks import courier

logger = logging.getLogger(__name__)

#: Seconds between two claims: runs that become ready meanwhile share the next one.
PACE = 0.004
#: Claims in a row that find runs before the next wake-up may go to another worker.
TURNS = 5
#: Runs of the first claim where other workers have room; each further one in a row may take twice as many.
FIRST = 4
#: Seconds for which a worker takes what comes after a wake-up had gone round, because all had much to do.
ALONE = 0.25
#: Seconds between two looks of a worker that left runs: whether it is still busy.
BREATH = 0.02
#: Suspects that share a worker: one of them can do it no more harm, and two hundred are through in a few rounds.
FEW = 16
#: Leases after which a worker that is never without runs takes a suspect all the same.
PATIENCE = 4


class Runner:
    """Hosted by a Celery worker on a thread of its own; `nudge` and `drain` may be called from any thread."""

    def __init__(self, *, queues: Sequence[str], slots: int) -> None:
        self.queues = queues
        self.slots = slots
        self.owner = uuid4()
        self.bodies: dict[UUID, Body] = {}
        self.executions: set[asyncio.Task[set[str]]] = set()
        #: Nothing else is claimed beside them, until each is through the step that it is suspected for.
        self.suspects: list[Body] = []
        self.attention = Attention()
        #: Other workers that had room when we last asked, and until when we do not care.
        self.company = 0
        self.alone_until = 0.0
        self.is_to_look_again = False
        #: When it last was without runs, by the loop's clock.
        self.free_at = 0.0
        #: The last claim took all it could, so that there may be more to take.
        self.more = False
        #: Queues whose wake-up brought us here: no other is sent until we say that we have seen to them.
        self.woken: set[str] = set()
        self.draining = False
        self.ended = threading.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.host, name="runner", daemon=True)
        self.heartbeat = Heartbeat(
            lease=settings.RUN_LEASE,
            held=self.held,
            lost=self.on_lost,
            wished=self.on_wished,
            died=end_worker,
            tell=self.tell,
        )

    # --- from other threads

    def start(self) -> None:
        self.thread.start()
        self.ready.wait()
        self.heartbeat.start()

    def nudge(self, queue: str) -> None:
        self.loop.call_soon_threadsafe(self.wake, queue)

    @property
    def is_full(self) -> bool:
        is_apart = not all(suspect.is_through for suspect in self.suspects)
        return is_apart or len(self.bodies) >= self.slots

    @property
    def has_company(self) -> bool:
        return self.company > 0 and time.monotonic() > self.alone_until

    def is_for_others(self, hops: int) -> bool:
        """Whether a wake-up is: this process computes, and others have room. Takes a moment, if it holds runs."""
        if hops >= dispatch.HOPS:
            self.alone_until = time.monotonic() + ALONE
        if not (self.bodies and self.has_company):
            return False
        look = Look()
        time.sleep(PACE)
        return look.is_busy

    def held(self) -> Held:
        return [(body.lease.run_id, body.lease.token) for body in list(self.bodies.values())]

    def tell(self, *, ended: bool = False) -> None:
        """That it is there, or leaves: for operators and other workers, as a hint, so that it may fail."""
        word = Word(self.owner, self.queues, self.slots, len(self.bodies), self.draining, ended)
        try:
            self.company = reach(workers.tell, word)
        except Unavailable as error:
            self.company = 0
            logger.warning("the worker's row was not written", extra={"error": str(error.__cause__)})

    def on_lost(self, held: Held) -> None:
        for run_id, token in held:
            self.loop.call_soon_threadsafe(self.stop, run_id, Stop("lease"), token)

    def on_wished(self, wishes: dict[UUID, Wish]) -> None:
        for run_id, wish in wishes.items():
            self.loop.call_soon_threadsafe(self.stop, run_id, Stop("cancel", wish.action, wish.reason))

    def drain(self) -> None:
        """No more claims; what runs has the grace time to end, the rest goes back with its attempt unspent."""
        self.loop.call_soon_threadsafe(self.begin_drain)
        self.ended.wait()
        self.heartbeat.stop()
        self.tell(ended=True)

    # --- on the loop

    def host(self) -> None:
        try:
            uvloop.run(self.run())
        finally:
            self.ended.set()
            self.ready.set()
            if not self.draining:
                end_worker("runner")

    async def run(self) -> None:
        self.loop = asyncio.get_running_loop()
        home.settle(self.loop)
        nodes = ThreadPoolExecutor(settings.SYNC_NODE_THREADS, thread_name_prefix="node")
        self.loop.set_default_executor(nodes)
        self.news = asyncio.Event()
        self.free_at = self.loop.time()
        async with AsyncExitStack() as stack:
            bench = await self.set_up(stack)
            self.ready.set()
            await self.claim_until_drained(bench)
            await self.finish()
            await loopback.close()
        # Not waited for: a synchronous node may have hours to go, and what it writes counts no more.
        nodes.shutdown(wait=False, cancel_futures=True)
        self.loop.set_default_executor(ThreadPoolExecutor(1))

    async def set_up(self, stack: AsyncExitStack) -> Bench:
        ledger = Ledger(self.owner, self.queues)
        stack.callback(ledger.close)
        redis = self.redis = connect_async(settings.REDIS_URI, timeout=None)
        stack.push_async_callback(redis.aclose)
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
        hearers = {signals.CANCEL: self.on_cancel, signals.FOLLOWED: self.on_followed}
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

    async def claim_until_drained(self, bench: Bench) -> None:
        """Woken by a nudge or a freed slot, and by itself at each poll."""
        poll = settings.RUN_POLL.total_seconds()
        polled = True
        while not self.draining:
            self.news.clear()
            try:
                await self.claim_in_turns(bench)
                if polled or self.is_overdue:
                    await self.claim_suspects(bench)
            except Unavailable as error:
                logger.warning("no runs claimed", extra={"error": str(error.__cause__)})
            polled = await self.is_quiet(poll * uniform(0.8, 1.2))

    async def is_quiet(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.news.wait()
        except TimeoutError:
            return True
        return False

    def wake(self, queue: str) -> None:
        self.woken.add(queue)
        self.news.set()

    async def claim_in_turns(self, bench: Bench) -> None:
        """While runs keep coming nobody has to be woken for them; then a last look at what came in silence.

        Where others have room, few at first: should those keep this process busy, the rest is for the others, or for
        when one of them ends.
        """
        busy = False
        for turn in range(TURNS):
            if busy or not await self.claim_all(bench, FIRST << turn if self.company else self.slots):
                break
            look = Look()
            await asyncio.sleep(PACE)
            busy = self.company > 0 and look.is_busy
        woken, self.woken = self.woken, set()
        if woken and busy and self.has_company:
            dispatch.hand_on(woken)
        elif woken:
            await dispatch.seen_to(self.redis, woken)
            await self.claim_all(bench, FIRST if busy else self.slots)
        if self.company and self.more and not (self.is_full or self.is_to_look_again):
            self.is_to_look_again = True
            self.loop.call_later(BREATH, self.claim_unless_busy, Look())

    def claim_unless_busy(self, look: Look) -> None:
        """Runs were left, perhaps to others, and there are slots for them: once this process has time, it claims."""
        if look.is_busy:
            self.loop.call_later(BREATH, self.claim_unless_busy, Look())
        else:
            self.is_to_look_again = False
            self.news.set()

    async def claim_all(self, bench: Bench, most: int) -> bool:
        """Whether there was any run to claim."""
        if self.is_full or self.draining:
            return False
        limit = min(most, self.slots - len(self.bodies))
        leases = await bench.ledger.claim(limit)
        for claimed in leases:
            self.begin(claimed, bench)
        self.more = len(leases) == limit
        return bool(leases)

    async def claim_suspects(self, bench: Bench) -> None:
        """When there is nothing else to do: a run that lost its worker even among suspects gets this one for itself.

        Else some that lost two each share it: most of them only stood beside the one that did it.
        """
        if self.is_full or self.draining:
            return
        if self.bodies:
            await self.claim_overdue(bench)
            return
        self.free_at = self.loop.time()
        claimed = await bench.ledger.claim(1, crashes=LONERS)
        for lease in claimed or await bench.ledger.claim(min(FEW, self.slots), crashes=SUSPECTS):
            self.begin(lease, bench)
            self.suspects.append(self.bodies[lease.run_id])

    @property
    def is_overdue(self) -> bool:
        return self.loop.time() - self.free_at > PATIENCE * settings.RUN_LEASE.total_seconds()

    async def claim_overdue(self, bench: Bench) -> None:
        """There was something else to do for so long that suspects would wait for ever: one runs beside the others."""
        if self.is_overdue:
            self.free_at = self.loop.time()
            for lease in await bench.ledger.claim(1, crashes=NOT_TRUSTED):
                self.begin(lease, bench)

    def begin(self, claimed: Lease, bench: Bench) -> None:
        if replaced := self.bodies.get(claimed.run_id):
            # This very process slept through its lease and now wins its own run back.
            replaced.stop(Stop("lease"))
        body = self.bodies[claimed.run_id] = Body(claimed)
        task = asyncio.create_task(execute(body, bench), name=f"execution {claimed.run_id}")
        self.executions.add(task)
        task.add_done_callback(lambda task: self.on_end(body, bench, task))

    def on_end(self, body: Body, bench: Bench, task: asyncio.Task[set[str]]) -> None:
        """A slot is free. What failed in our own code is logged here; the run's lease expires and it is tried again."""
        self.executions.discard(task)
        if self.bodies.get(body.lease.run_id) is body:
            del self.bodies[body.lease.run_id]
        if body in self.suspects:
            self.suspects.remove(body)
        ready, bench.ledger.ready = bench.ledger.ready, set()
        if not task.cancelled() and (error := task.exception()):
            logger.error("execution failed", exc_info=error, extra={"run_id": str(body.lease.run_id)})
        elif not task.cancelled():
            ready |= task.result()
        if self.more or not ready.isdisjoint(self.queues):
            self.news.set()
        dispatch.announce_now(queue for queue in ready if self.draining or queue not in self.queues or self.is_full)

    def stop(self, run_id: UUID, stop: Stop, token: int | None = None) -> None:
        body = self.bodies.get(run_id)
        if body and token in (None, body.lease.token):
            body.stop(stop)

    def on_cancel(self, run_ids: set[UUID]) -> None:
        if not run_ids.isdisjoint(self.bodies):
            self.heartbeat.look()

    def on_followed(self, named: set[UUID]) -> None:
        self.attention.hear(named)
        for body in self.bodies.values():
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

    # --- the end

    def begin_drain(self) -> None:
        self.draining = True
        self.news.set()
        logger.info("draining", extra={"runs": len(self.bodies)})
        for body in self.bodies.values():
            # Without checkpoints a stop between supersteps would throw work away.
            if not body.lease.kwargs["temporary"]:
                body.control.request_drain()

    async def finish(self) -> None:
        if self.executions:
            await asyncio.wait(self.executions, timeout=settings.DRAIN_GRACE.total_seconds())
        for body in self.bodies.values():
            body.stop(Stop("shutdown"))
        if self.executions:
            await asyncio.wait(self.executions)
