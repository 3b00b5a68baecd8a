"""Workers' clocks are wrong by minutes, either way: no run, cron or webhook is lost, doubled or early."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from tests.rounds import crons
from tests.rounds.caller import calling
from tests.rounds.ground import STARTED, Ground
from tests.rounds.journal import Step, begun_by_replaced, replayed
from tests.rounds.receiver import receiving
from tests.rounds.verdict import Findings
from tests.rounds.webhooks import told_all

#: Debian's package `libfaketime`; elsewhere the round says that it was skipped.
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
EARLY = "SELECT cron_id::text, instant, fired_at FROM crons_cronfiring WHERE fired_at < instant"

#: With a true monotonic clock libfaketime (0.9.10) refuses the call that `time.sleep` makes; with a false one waits for
#: locks never end. So the workers sleep by another call.
CUSTOM = "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds) and None\n"

#: Seconds between two instants of a cron.
EVERY = 10

#: Process id → seconds that its clock is ahead.
Offsets = Mapping[int, float]


async def wrong(ground: Ground, *, runs: int, made: int, firings: int, minutes: int) -> Findings:
    """One worker is ahead, one behind; the third is killed, and they take over what it had."""
    findings = Findings()
    if not LIBRARIES:
        findings.tell(skipped="libfaketime is not installed")
        return findings
    ground.muster(workers=1, beats=1)
    with mistaken(ground, minutes) as offsets:
        await fight(ground, findings, runs=runs, made=made, span=timedelta(seconds=EVERY * firings // made))
        noted = corrected(ground.journal.steps(), offsets)
    findings.refuse("a replaced execution began a step", begun_by_replaced(noted)[:10])
    findings.require("workers with a wrong clock executed", {step.process_id for step in noted} >= set(offsets))
    findings.tell(runs=runs, minutes_off=minutes, steps_begun=len(noted), steps_replayed=replayed(noted))
    return findings


async def fight(ground: Ground, findings: Findings, *, runs: int, made: int, span: timedelta) -> None:
    while ground.server.alive("beat")[0].age < STARTED["beat"]:
        await asyncio.sleep(0.5)
    database = ground.server.database_uri
    async with receiving(database, ground.chance, failing=0.2, hanging=0.0) as receiver, calling(ground) as caller:
        end = ground.server.value("SELECT now() + interval '2 seconds'") + span
        first = dict(await asyncio.gather(*(crons.cron(caller, number, EVERY, end) for number in range(made))))
        run_ids = await caller.steps(runs=runs, steps=8, seconds=1.0, webhook=receiver.url)
        ground.server.workers[0].kill()
        ground.start_worker()
        while ground.server.value("SELECT now()") < end + timedelta(seconds=EVERY):
            await asyncio.sleep(0.5)
        settled = await ground.settled(patience=90)
        await told_all(ground, patience=90)
    fired = crons.firings_of(ground, first)
    wanted = {cron_id: crons.instants(moment, end, EVERY) for cron_id, moment in first.items()}
    findings.refuse("instants were missed", crons.missing(wanted, fired))
    findings.refuse("instants were fired twice or in vain", crons.missing(fired, wanted))
    findings.refuse("instants were fired early", ground.server.rows(EARLY)[:10])
    findings.refuse("runs were never told about", [run for run in run_ids if run not in receiver.runs][:10])
    findings.refuse("runs were told about before they were settled", receiver.early[:10])
    findings.refuse("a run came under several ids", [ids for ids in receiver.runs.values() if len(ids) > 1][:10])
    findings.refuse("ids came under a signature of another time", receiver.forged[:10])
    findings.require("runs were taken over", ground.server.count("attempt > 1"))
    findings.audit(ground, run_ids)
    findings.tell(instants=sum(map(len, wanted.values())), fired=sum(map(len, fired.values())))
    findings.tell(longest_lag_seconds=ground.server.value(crons.LAG))
    findings.tell(ids=len(receiver.accepted), calls=receiver.calls, settled_seconds=settled)


@contextmanager
def mistaken(ground: Ground, minutes: int) -> Iterator[Offsets]:
    """Two workers, which end with the round."""
    workers = {}
    custom = ground.server.folder / "custom"
    custom.mkdir()
    (custom / "sitecustomize.py").write_text(CUSTOM)
    for sign in "+-":
        faked = {"FAKETIME": f"{sign}{minutes}m", "FAKETIME_DONT_FAKE_MONOTONIC": "1", "PYTHONPATH": str(custom)}
        settings = {**faked, "LD_PRELOAD": str(LIBRARIES[0]), "N_JOBS_PER_WORKER": str(ground.slots)}
        workers[float(f"{sign}{60 * minutes}")] = ground.server.start_worker(**settings)
    for worker in workers.values():
        ground.server.await_worker(worker)
    try:
        yield {worker.popen.pid: seconds for seconds, worker in workers.items()}
    finally:
        for worker in workers.values():
            worker.kill()


def corrected(steps: Sequence[Step], offsets: Offsets) -> list[Step]:
    """As if every clock had been right."""
    return [step._replace(at=step.at - offsets.get(step.process_id, 0.0)) for step in steps]
