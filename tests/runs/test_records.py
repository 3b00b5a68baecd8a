"""What is written down of runs and workers for operators."""

import pytest

from runs import lease, sweeper
from runs.choices import AttemptOutcome, RunStatus
from runs.models import Run
from runs.records import Attempt
from runs.settlement import Ending, settle
from tests.factories import make_run
from tests.runs.conftest import Claim

pytestmark = pytest.mark.django_db


def outcomes(run: Run) -> list[tuple[int, str]]:
    return list(Attempt.objects.filter(run=run).order_by("token").values_list("attempt", "outcome"))


def test_each_attempt_is_written_down_when_it_is_over(claim: Claim) -> None:
    run = make_run()
    (first,) = claim()
    assert outcomes(run) == []
    lease.release([(first.run_id, first.token)])

    (second,) = claim(expired=True)
    sweeper.sweep()
    assert Attempt.objects.get(run=run, token=second.token).worker_id is not None

    (third,) = claim()
    settle([Ending(third.run_id, third.thread_id, third.token, RunStatus.SUCCESS)])

    assert outcomes(run) == [
        (1, AttemptOutcome.RELEASED),
        (1, AttemptOutcome.LOST),
        (2, AttemptOutcome.SUCCESS),
    ]
