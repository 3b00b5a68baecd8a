"""Each run's webhook arrives, signed, after the run's end, though workers die and the receiver fails."""

import asyncio
import time

from tests.rounds.caller import calling
from tests.rounds.ground import Ground
from tests.rounds.receiver import receiving
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings

PENDING = "SELECT count(*)::int FROM webhooks_delivery WHERE state = 'pending'"
#: Time passes: what waits for its next try, or is in the hands of a dead worker, is due.
LATER = "UPDATE webhooks_delivery SET next_try_at = now() WHERE state = 'pending' AND next_try_at > now() RETURNING 1"


async def failing_receiver(
    ground: Ground, *, runs: int, failing: float, hanging: float, kill_every: float, kills: int
) -> Findings:
    findings = Findings()
    ground.muster()
    url = ground.server.database_uri
    async with (
        receiving(url, ground.chance, failing=failing, hanging=hanging) as receiver,
        calling(ground) as caller,
    ):
        async with storm(lambda: ground.replace("worker"), every=kill_every, chance=ground.chance):
            run_ids = await caller.steps(runs=runs, steps=2, seconds=0.3, webhook=receiver.url)
            while ground.killed < kills:
                ground.progress(len(receiver.accepted), runs)
                await asyncio.sleep(0.3)
        await ground.settled(patience=120)
        await told_all(ground, patience=180)
    findings.refuse("runs were never told about", [run for run in run_ids if run not in receiver.runs][:10])
    findings.refuse("ids came under a wrong signature", receiver.forged[:10])
    findings.refuse("runs were told about before they were settled", receiver.early[:10])
    findings.refuse("a run came under several ids", [ids for ids in receiver.runs.values() if len(ids) > 1][:10])
    findings.require("as many ids were accepted as there are runs", len(receiver.accepted) == runs)
    states = dict(ground.server.rows("SELECT state, count(*)::int FROM webhooks_delivery GROUP BY 1"))
    findings.require("every delivery is noted as delivered", states == {"delivered": runs})
    findings.audit(ground, run_ids)
    findings.tell(runs=runs, workers_killed=ground.killed, calls=receiver.calls, refused=receiver.failed.total())
    findings.tell(ids=len(receiver.accepted), accepted_again=receiver.accepted.total() - len(receiver.accepted))
    return findings


async def told_all(ground: Ground, *, patience: float) -> None:
    deadline = time.monotonic() + patience
    while await asyncio.to_thread(ground.server.value, PENDING) and time.monotonic() < deadline:
        await asyncio.sleep(2)
        await asyncio.to_thread(ground.server.rows, LATER)
