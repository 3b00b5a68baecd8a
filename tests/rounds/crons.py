"""Every instant of every cron fires once, whatever becomes of the clocks."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from tests.rounds.caller import Caller, calling
from tests.rounds.ground import STARTED, Ground
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings

INSTANTS = "SELECT cron_id::text, instant FROM crons_cronfiring WHERE run_id IS NOT NULL ORDER BY instant"
RUNS = "SELECT metadata ->> 'round_cron', count(*)::int FROM runs_run WHERE status = 'success' GROUP BY 1"
LAG = "SELECT max(extract(epoch FROM lag))::float FROM crons_cronfiring"


async def killed_clocks(ground: Ground, *, crons: int, firings: int, every: int, kill_every: float) -> Findings:
    """`crons` crons each `every` seconds; one of three beats or of three workers is killed again and again."""
    findings = Findings()
    ground.muster(workers=3, beats=3)
    while min(beat.age for beat in ground.server.alive("beat")) < STARTED["beat"]:
        await asyncio.sleep(0.5)
    span = timedelta(seconds=every * firings // crons)
    async with calling(ground) as caller:
        began = ground.server.value("SELECT now() + interval '2 seconds'")
        made = dict(await asyncio.gather(*(cron(caller, number, every, began + span) for number in range(crons))))
        clocks = ("beat", "worker")
        async with storm(lambda: ground.replace(ground.chance.choice(clocks)), every=kill_every, chance=ground.chance):
            while (now := ground.server.value("SELECT now()")) < began + span + timedelta(seconds=every):
                ground.progress(int((now - began).total_seconds()), int(span.total_seconds()))
                await asyncio.sleep(0.5)
        await ground.settled(patience=60)

    fired = firings_of(ground, made)
    wanted = {cron_id: instants(first, began + span, every) for cron_id, first in made.items()}
    findings.refuse("instants were missed", missing(wanted, fired))
    findings.refuse("instants were fired twice or in vain", missing(fired, wanted))
    runs = sum(count for _, count in ground.server.rows(RUNS))
    total = sum(map(len, wanted.values()))
    findings.require("there is one run a firing", runs == total)
    findings.audit(ground)
    findings.tell(crons=crons, instants=total, fired=sum(map(len, fired.values())), runs=runs, killed=ground.killed)
    findings.tell(longest_lag_seconds=ground.server.value(LAG))
    return findings


def firings_of(ground: Ground, made: Iterable[str]) -> dict[str, list[datetime]]:
    fired: dict[str, list[datetime]] = {cron_id: [] for cron_id in made}
    for cron_id, instant in ground.server.rows(INSTANTS):
        fired[cron_id].append(instant)
    return fired


async def cron(caller: Caller, number: int, every: int, end: datetime) -> tuple[str, datetime]:
    body = {
        "assistant_id": "echo",
        "input": {"said": number},
        "metadata": {"round_cron": number},
        "schedule": f"* * * * * */{every}",
        "end_time": end.isoformat(),
    }
    made = await caller.insist("POST", "/runs/crons", body)
    return made["cron_id"], datetime.fromisoformat(made["next_run_date"])


def instants(first: datetime, end: datetime, every: int) -> list[datetime]:
    count = max(0, int((end - first).total_seconds() // every) + 1)
    return [first + timedelta(seconds=every * place) for place in range(count)]


def missing(wanted: dict[str, list[datetime]], found: dict[str, list[datetime]]) -> list[tuple[str, str]]:
    return [
        (cron_id, str(instant))
        for cron_id, expected in wanted.items()
        for instant in expected
        if found.get(cron_id, []).count(instant) < expected.count(instant)
    ][:10]
