"""`python -m benchmarks.growth.moves [QUEUE]`: the median milliseconds of a claim and of a sweep, each rolled back."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import django

REPETITIONS = 20


def main() -> None:
    django.setup()
    from django.db import transaction  # noqa: PLC0415 - after the setup

    from runs import lease, sweeper  # noqa: PLC0415

    def milliseconds(act: Callable[[], object]) -> float:
        with transaction.atomic():
            began = time.perf_counter()
            act()
            took = time.perf_counter() - began
            transaction.set_rollback(True)
        return took * 1000

    queues = sys.argv[1:] or ["default"]

    def claim() -> object:
        return lease.claim(owner=uuid4(), queues=queues, limit=10, lease=timedelta(seconds=15))

    moves = {"claim of 10": claim, "sweep": sweeper.sweep}
    found = {name: statistics.median(milliseconds(move) for _ in range(REPETITIONS)) for name, move in moves.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
