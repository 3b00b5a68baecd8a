"""What was executed, step by step, as the `steps` graph noted it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Step(NamedTuple):
    run_id: str
    attempt: int
    number: int
    at: float
    process_id: int


@dataclass(frozen=True)
class Journal:
    path: Path

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)

    def steps(self, *, since: float = 0.0) -> list[Step]:
        if not self.path.exists():
            return []
        lines = (line.split() for line in self.path.read_text().splitlines())
        return [
            Step(run_id, int(attempt), int(number), float(at), int(process_id))
            for run_id, attempt, number, at, process_id in lines
            if float(at) > since
        ]


def replayed(steps: Sequence[Step]) -> int:
    """Steps that were begun more than once, less their first time."""
    return sum(Counter((step.run_id, step.number) for step in steps).values()) - len(
        {(step.run_id, step.number) for step in steps}
    )


def begun_by_replaced(steps: Sequence[Step]) -> list[Step]:
    """Steps of an attempt that began after a later attempt of the same run had begun its first."""
    first: dict[str, dict[int, float]] = defaultdict(dict)
    for step in steps:
        known = first[step.run_id].get(step.attempt, step.at)
        first[step.run_id][step.attempt] = min(known, step.at)
    return [
        step
        for step in steps
        if any(attempt > step.attempt and at < step.at for attempt, at in first[step.run_id].items())
    ]
