"""How long runs wait and take, counted into fixed buckets: what percentiles are read from. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

#: Upper bounds in seconds: 1, 2, 5 of each decade from a millisecond to three hours; one more bucket has the rest.
BOUNDS = (
    *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
    *(1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0),
)
BUCKETS = len(BOUNDS) + 1


def nothing() -> list[int]:
    return [0] * BUCKETS


@dataclass(slots=True)
class Histogram:
    counts: list[int] = field(default_factory=nothing)
    #: Seconds, of all together.
    total: float = 0.0

    def count(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def add(self, counts: Sequence[int], total: float) -> None:
        self.counts = [ours + theirs for ours, theirs in zip(self.counts, counts, strict=True)]
        self.total += total

    @property
    def number(self) -> int:
        return sum(self.counts)

    def cumulative(self) -> list[tuple[str, float]]:
        """As Prometheus wants it: each bound with all that is not above it."""
        bounds = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]
        return list(zip(bounds, accumulate(map(float, self.counts)), strict=True))

    def quantile(self, share: float) -> float | None:
        """Seconds, as exact as its bucket is narrow; None of nothing. Beyond the last bound only that is known."""
        wanted, below = share * self.number, 0
        for bucket, count in enumerate(self.counts):
            if count and below + count >= wanted:
                if bucket == len(BOUNDS):
                    return BOUNDS[-1]
                lower = BOUNDS[bucket - 1] if bucket else 0.0
                return lower + (BOUNDS[bucket] - lower) * (wanted - below) / count
            below += count
        return None


@dataclass(slots=True)
class Pace:
    """Of one graph, over some stretch of time."""

    #: From being due to each claim.
    waits: Histogram = field(default_factory=Histogram)
    #: From its last claim to its end.
    spans: Histogram = field(default_factory=Histogram)

    def add(self, waits: Sequence[int], waited: float, spans: Sequence[int], spent: float) -> None:
        self.waits.add(waits, waited)
        self.spans.add(spans, spent)
