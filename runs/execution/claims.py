"""When a worker claims runs, and how many: woken by a message, where a slot became free, and by itself at each poll."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from random import uniform

from django.conf import settings

from langgraph_server.errors import Unavailable
from langgraph_server.streams.connection import AsyncRedis
from runs import dispatch
from runs.execution.body import Body
from runs.execution.busyness import Look
from runs.execution.company import Company
from runs.execution.ledger import Ledger
from runs.execution.slots import Slots
from runs.lease import LONERS, NOT_TRUSTED, SUSPECTS, TRUSTED, Lease

logger = logging.getLogger(__name__)

#: Seconds from a claim that found runs to the next: those that become ready meanwhile share it.
PACE = 0.004
#: From one that found runs, seconds in which a worker hears of others by itself; then it has to be woken by a message.
#: Where others have room few, for they hear of nothing meanwhile.
AWAKE, AWAKE_ALONE = 0.02, 0.2
#: Claims in a row before the next wake-up may go to another worker, and where no other has room.
TURNS, TURNS_ALONE = 5, 50
#: Runs of the first claim where other workers have room; each further one in a row may take twice as many.
FIRST = 4
#: Seconds between two looks of a worker that left runs: whether it is still busy.
BREATH = 0.02
#: Suspects that share a worker: one of them can do it no more harm, and two hundred are through in a few rounds.
FEW = 16
#: Leases after which a worker that is never without runs takes a suspect all the same.
PATIENCE = 4


class Claims:
    """Lives on the runner's loop."""

    def __init__(
        self, slots: Slots, company: Company, ledger: Ledger, redis: AsyncRedis, begin: Callable[[Lease], Body]
    ) -> None:
        self.slots = slots
        self.company = company
        self.ledger = ledger
        self.redis = redis
        self.begin = begin
        self.news = asyncio.Event()
        self.is_awake = False
        #: Queues whose wake-up brought us here: no other is sent until we say that we have seen to them.
        self.woken: set[str] = set()
        #: The last claim took all it could, so that there may be more to take.
        self.more = False
        self.is_to_look_again = False
        self.clock = asyncio.get_running_loop().time
        #: When the worker last was without runs.
        self.free_at = self.clock()

    def wake(self, queue: str) -> None:
        self.woken.add(queue)
        self.news.set()

    def hear(self, queue: str) -> None:
        """A run of it is ready, and who is awake need not be woken."""
        if self.is_awake and queue in self.ledger.queues:
            self.news.set()

    def on_freed(self, ready: set[str]) -> None:
        """A slot is free, and in these queues a next run is ready."""
        if self.more or not ready.isdisjoint(self.ledger.queues):
            self.news.set()
        full = self.slots.is_full
        dispatch.announce_now(queue for queue in ready if full or queue not in self.ledger.queues)

    async def run(self) -> None:
        """Until the slots are closed."""
        poll = settings.RUN_POLL.total_seconds()
        polled = True
        while not self.slots.closed:
            self.news.clear()
            try:
                await self.claim_in_turns()
                if polled or self.is_overdue:
                    await self.claim_suspects()
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

    async def claim_in_turns(self) -> None:
        """While runs keep coming nobody has to be woken for them; then a last look at what came in silence.

        Where others have room, few at first: should those keep this process busy, the rest is for the others, or for
        when one of them ends.
        """
        self.is_awake = True
        try:
            busy = await self.claim_while_they_come()
        finally:
            self.is_awake = False
        woken, self.woken = self.woken, set()
        if woken and busy and self.company.is_idle:
            dispatch.hand_on(woken)
        elif woken:
            await dispatch.seen_to(self.redis, woken)
            await self.claim(FIRST if busy else self.slots.number)
        if self.company.number and self.more and not (self.slots.is_full or self.is_to_look_again):
            self.is_to_look_again = True
            asyncio.get_running_loop().call_later(BREATH, self.claim_unless_busy, Look())

    async def claim_while_they_come(self) -> bool:
        """Whether it stopped because others have room and this process computes."""
        has_company = bool(self.company.number)
        awake_until, look = self.clock(), None
        for turn in range(TURNS if has_company else TURNS_ALONE):
            self.news.clear()
            if await self.claim(FIRST << turn if has_company else self.slots.number):
                awake_until, look = self.clock() + (AWAKE if has_company else AWAKE_ALONE), Look()
                await asyncio.sleep(PACE)
            has_more = await self.has_more(awake_until)
            if has_company and look and look.is_busy:
                return True
            if not has_more:
                break
        return False

    async def has_more(self, until: float) -> bool:
        """Whether there may be runs to claim, or are by then."""
        return not self.slots.is_full and (self.more or not await self.is_quiet(until - self.clock()))

    def claim_unless_busy(self, look: Look) -> None:
        """Runs were left, perhaps to others, and there are slots for them: once this process has time, it claims."""
        if look.is_busy:
            asyncio.get_running_loop().call_later(BREATH, self.claim_unless_busy, Look())
        else:
            self.is_to_look_again = False
            self.news.set()

    async def claim(self, most: int) -> bool:
        """Whether there was any run to claim."""
        if self.slots.is_full:
            return False
        limit = min(most, self.slots.free)
        found = len(await self.take(limit, TRUSTED))
        self.more = found == limit
        return found > 0

    async def take(self, limit: int, crashes: range) -> Sequence[Body]:
        return [self.begin(lease) for lease in await self.ledger.claim(limit, crashes=crashes)]

    async def claim_suspects(self) -> None:
        """When there is nothing else to do: a run that lost its worker even among suspects gets this one for itself.

        Else some that lost two each share it: most of them only stood beside the one that did it.
        """
        if self.slots.is_full:
            return
        if not self.slots.bodies:
            self.free_at = self.clock()
            few = min(FEW, self.slots.number)
            self.slots.suspects += await self.take(1, LONERS) or await self.take(few, SUSPECTS)
        elif self.is_overdue:
            # There was something else to do for so long that they would wait for ever: one runs beside the others.
            self.free_at = self.clock()
            await self.take(1, NOT_TRUSTED)

    @property
    def is_overdue(self) -> bool:
        return self.clock() - self.free_at > PATIENCE * settings.RUN_LEASE.total_seconds()
