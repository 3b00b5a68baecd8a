"""The rounds, each in two sizes: small with every change, full before a release."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.rounds import (
    cable,
    clock,
    crons,
    deploys,
    endings,
    memory,
    network,
    overload,
    postgres,
    recovery,
    redis,
    streams,
    threads,
    web,
    webhooks,
    workers,
)
from tests.rounds.ground import Ground
from tests.rounds.verdict import Findings

Play = Callable[..., Awaitable[Findings]]
Numbers = Mapping[str, Any]


@dataclass(frozen=True)
class Round:
    name: str
    promise: str
    play: Play
    full: Numbers
    #: None: too long for every change, and what it shows is shown by another.
    small: Numbers | None = None

    async def fight(self, ground: Ground, numbers: Numbers) -> Findings:
        return await self.play(ground, **numbers)


def of_strategies() -> list[Round]:
    return [
        Round(
            f"crowd-{strategy}",
            f"20 posts at once on one thread, with `{strategy}`: order, refusals and final states are exact.",
            threads.crowded,
            {"strategy": strategy, "rounds": 200, "posts": 20, "abreast": 4},
            {"strategy": strategy, "rounds": 5, "posts": 20, "abreast": 2},
        )
        for strategy in ("enqueue", "reject", "interrupt", "rollback")
    ]


ROUNDS = [
    Round(
        "crons",
        "Of three beats and three workers one is killed again and again: each instant of each cron fires once.",
        crons.killed_clocks,
        {"crons": 100, "firings": 1000, "every": 10, "kill_every": 3},
        {"crons": 10, "firings": 20, "every": 10, "kill_every": 2},
    ),
    Round(
        "webhooks",
        "Workers die and the receiver fails: each run's webhook arrives, signed, after its end, under one id.",
        webhooks.failing_receiver,
        {"runs": 500, "failing": 0.5, "hanging": 0.05, "kill_every": 4, "kills": 12},
        {"runs": 20, "failing": 0.5, "hanging": 0.0, "kill_every": 2, "kills": 1},
    ),
    Round(
        "worker-kill",
        "Workers are killed with a thousand runs in flight: nothing is lost, stuck or doubled.",
        workers.killed,
        {"runs": 1000, "slots": 340, "steps": 5, "seconds": 3.0, "kill_every": 15, "kills": 4},
    ),
    Round(
        "worker-kills",
        "Workers are killed as fast as others can start: nothing is lost, stuck or doubled.",
        workers.killed,
        {"runs": 500, "slots": 20, "steps": 5, "seconds": 0.5, "kill_every": 4, "kills": 25},
        {"runs": 60, "slots": 200, "steps": 4, "seconds": 0.5, "kill_every": 2, "kills": 2},
    ),
    Round(
        "kill-storm",
        "Workers with many runs are killed faster than their runs get on: no innocent run is blamed for it.",
        workers.killed,
        {"runs": 1000, "slots": 200, "steps": 5, "seconds": 3.0, "kill_every": 5, "kills": 25},
    ),
    Round(
        "recovery",
        "With the times of production: a killed worker's runs go on within 20 s, a run that nobody was told of begins "
        "within 2 s.",
        recovery.timed,
        {"kills": 6, "runs": 60, "unannounced": 40},
    ),
    Round(
        "web-kill",
        "Web processes are killed, clients repeat each post under its key: one run a key.",
        web.killed,
        {"runs": 500, "kill_every": 3, "kills": 15},
        {"runs": 40, "kill_every": 2, "kills": 1},
    ),
    Round(
        "redis-flush",
        "Redis forgets everything, again and again: that costs moments.",
        redis.flushed,
        {"runs": 500, "every": 3, "strikes": 10},
        {"runs": 30, "every": 1, "strikes": 3},
    ),
    Round(
        "redis-kill",
        "Redis is killed and comes back empty, again and again: no request fails.",
        redis.killed,
        {"runs": 500, "every": 10, "strikes": 5},
    ),
    Round(
        "redis-away",
        "Redis is away: runs are accepted and executed all the same.",
        redis.away,
        {"runs": 300, "seconds": 30},
        {"runs": 20, "seconds": 3},
    ),
    Round(
        "deploys",
        "Every process is replaced, again and again: no run is charged, no client notices.",
        deploys.rolling,
        {"runs": 500, "restarts": 20},
    ),
    Round(
        "postgres-restart",
        "Postgres falls over and recovers: 503 and never 500, no graph is blamed.",
        postgres.restarted,
        {"runs": 300, "every": 15, "strikes": 6},
        {"runs": 30, "every": 2, "strikes": 1},
    ),
    Round(
        "postgres-cut",
        "Connections to Postgres are cut at random: 503 and never 500, no graph is blamed.",
        postgres.cut,
        {"runs": 300, "every": 1, "strikes": 60},
        {"runs": 30, "every": 0.5, "strikes": 6},
    ),
    Round(
        "postgres-away",
        "Postgres is away for much longer than a lease: nothing acknowledged is lost, no graph is blamed.",
        postgres.away,
        {"runs": 300, "seconds": 60},
    ),
    Round(
        "network",
        "The network between each pair of processes is cut, closed, slow, or breaks: 503 and never 500, no graph is "
        "blamed, and a worker that is cut from Postgres stops its runs before their leases end.",
        network.struck,
        {"runs": 60, "cut": 30, "slow": 15, "latency": 5, "resets": 5},
    ),
    Round(
        "cable",
        "The cable of a worker's host is pulled: it stops its runs before their leases end, another takes them over, "
        "and it is back at work soon after.",
        cable.pulled,
        {"runs": 40, "seconds": 45, "times": 2},
    ),
    Round(
        "zombies",
        "A worker stands still for three leases and goes on: it changes nothing.",
        workers.frozen,
        {"runs": 100, "leases": 3, "times": 5},
        {"runs": 30, "leases": 2, "times": 1},
    ),
    Round(
        "clock",
        "The clocks of two workers are wrong by ten minutes: no run, cron or webhook is lost, doubled or early.",
        clock.wrong,
        {"runs": 200, "made": 20, "firings": 120, "minutes": 10},
    ),
    Round(
        "blocked-loop",
        "A graph blocks its worker's loop: its lease is renewed, the others' runs go on.",
        workers.blocked,
        {"runs": 50, "seconds": 60},
    ),
    Round(
        "poison",
        "Graphs that take their process down end in error after three attempts alone; those beside them succeed.",
        workers.poisoned,
        {"poison": 20, "good": 200},
    ),
    Round(
        "memory",
        "Graphs that take memory without end in workers with a limit: they end in error, those beside them succeed.",
        memory.exhausted,
        {"poison": 4, "good": 100},
    ),
    *of_strategies(),
    Round(
        "streams",
        "Connections, web processes, Redis and workers are lost: each event is read once, in order, as it was kept.",
        streams.struck,
        {"streams": 50, "events": 300, "pause": 0.1, "drops": 20, "every": 4, "strikes": 12},
        {"streams": 6, "events": 60, "pause": 0.08, "drops": 8, "every": 1.5, "strikes": 3},
    ),
    Round(
        "slow-readers",
        "Readers that take a byte a second cost neither memory nor the others' events.",
        streams.slow_readers,
        {"readers": 100, "events": 2000, "pause": 0.01},
    ),
    Round(
        "cancels",
        "A cancel that was acknowledged holds, with Redis away half of the time.",
        endings.cancelled,
        {"runs": 200, "away": 4},
        {"runs": 15, "away": 1},
    ),
    Round(
        "deletes",
        "A deleted thread does not come back, whatever a frozen worker still wants to write.",
        endings.deleted,
        {"threads": 100, "leases": 3},
        {"threads": 20, "leases": 2},
    ),
    Round(
        "overload",
        "Far more than the machine can do: what is accepted is kept, and the server stays answerable.",
        overload.posted,
        {"posts": 10_000, "connections": 200, "readers": 1000, "half_open": 2000},
        {"posts": 300, "connections": 50, "readers": 20, "half_open": 50},
    ),
]
