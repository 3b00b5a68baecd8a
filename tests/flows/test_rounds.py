"""The fault rounds at small numbers (`make chaos` fights them at full ones), on services of their own."""

import sys
from collections.abc import Iterator

import pytest

from tests.flows.conftest import Report
from tests.rounds.ground import Ground, prepared
from tests.rounds.programme import ROUNDS, Round

SEED = 1


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    with prepared(seed=SEED) as ground:
        yield ground


@pytest.mark.timeout(300)
@pytest.mark.parametrize("fought", [each for each in ROUNDS if each.small], ids=lambda each: each.name)
async def test_every_promise_holds(ground: Ground, fought: Round, report: Report) -> None:
    findings = await fought.fight(ground, fought.small or {})
    if findings.breaches:
        sys.stdout.write(ground.server.logs())
    assert findings.breaches == {}, fought.promise
    report(**findings.figures)
