"""How long a worker looks for more runs before it has to be woken again."""

import asyncio
from collections.abc import AsyncIterator, Collection
from uuid import uuid4

import pytest
import pytest_asyncio
from django.conf import settings
from django.db import connections

from langgraph_server.rows import Rows
from langgraph_server.streams.connection import connect_async
from runs.execution.body import Body
from runs.execution.claims import TURNS, Claims
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
        self.claimed = asyncio.Event()

    async def claim(self, limit: int, *, crashes: range = TRUSTED) -> list[Lease]:
        if len(self.found) in self.arrivals:
            await self.rows.call(make_run)
        leases = await super().claim(limit, crashes=crashes)
        self.found.append(len(leases))
        self.claimed.set()
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


async def tell(claims: Claims, *queues: str) -> None:
    """Of each once another claim was made."""
    assert isinstance(claims.ledger, Watched)
    for queue in queues:
        await claims.ledger.claimed.wait()
        claims.ledger.claimed.clear()
        claims.hear(queue)


async def test_who_found_runs_hears_of_the_next_without_a_message(claims: Claims) -> None:
    runs = found(claims, 0, 1, 2)

    await asyncio.gather(claims.claim_in_turns(), tell(claims, "default", "default"))

    assert runs == [1, 1, 1]


async def test_who_found_runs_and_hears_of_none_does_not_ask_again(claims: Claims) -> None:
    runs = found(claims, 0, 1)

    await asyncio.gather(claims.claim_in_turns(), tell(claims, "another queue"))

    assert runs == [1]


async def test_who_is_not_awake_is_not_to_be_told(claims: Claims) -> None:
    await claims.claim_in_turns()

    claims.hear("default")

    assert not claims.news.is_set()


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

    await asyncio.wait_for(asyncio.gather(claims.claim_in_turns(), tell(claims, *["default"] * TURNS)), 5)

    assert 1 <= sum(runs) == len(runs) <= TURNS
