"""How long a worker looks for more runs before it has to be woken again."""

from collections.abc import AsyncIterator, Collection
from uuid import uuid4

import pytest
import pytest_asyncio
from django.conf import settings
from django.db import connections

from langgraph_server.rows import Rows
from langgraph_server.streams.connection import connect_async
from runs.execution.body import Body
from runs.execution.claims import BACKOFF, TURNS, Claims
from runs.execution.company import Company
from runs.execution.ledger import Ledger
from runs.execution.slots import Slots
from runs.lease import TRUSTED, Lease
from tests.factories import make_run

pytestmark = pytest.mark.django_db(transaction=True)


class Watched(Ledger):
    """A run arrives just before some of its claims. On one thread, whose connection is closed in the end."""

    def __init__(self) -> None:
        super().__init__(uuid4(), ["default"])
        self.close()
        self.rows = Rows(threads=1, name="test")
        self.arrivals: Collection[int] = ()
        self.found: list[int] = []

    async def claim(self, limit: int, *, crashes: range = TRUSTED) -> list[Lease]:
        if len(self.found) in self.arrivals:
            await self.rows.call(make_run)
        leases = await super().claim(limit, crashes=crashes)
        self.found.append(len(leases))
        return leases


@pytest_asyncio.fixture
async def claims(transactional_db: None) -> AsyncIterator[Claims]:
    ledger = Watched()
    async with connect_async(settings.REDIS_URI) as redis:
        yield Claims(Slots(1000), Company(), ledger, redis, Body)
    await ledger.rows.call(connections.close_all)
    ledger.close()


def found(claims: Claims, *arrivals: int) -> list[int]:
    assert isinstance(claims.ledger, Watched)
    claims.ledger.arrivals = arrivals
    return claims.ledger.found


async def test_a_run_that_comes_soon_after_another_needs_no_message(claims: Claims) -> None:
    in_vain = [0] * len(BACKOFF)
    runs = found(claims, 0, len(BACKOFF) + 1)

    await claims.claim_in_turns()

    assert runs == [1, *in_vain, 1, *in_vain, 0]


async def test_who_was_woken_looks_once_more_after_it_has_said_so(claims: Claims) -> None:
    runs = found(claims, 1)
    claims.wake("default")

    await claims.claim_in_turns()

    assert runs == [0, 1]
    assert claims.woken == set()


async def test_who_polls_and_finds_nothing_looks_once(claims: Claims) -> None:
    runs = found(claims)

    await claims.claim_in_turns()

    assert runs == [0]


async def test_a_worker_with_company_gives_the_others_a_turn_though_runs_keep_coming(claims: Claims) -> None:
    runs = found(claims, *range(100))
    claims.company.number = 1

    await claims.claim_in_turns()

    assert 1 <= sum(runs) == len(runs) <= TURNS
