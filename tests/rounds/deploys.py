"""Every process is told to end, in turn, again and again, while clients go on: nobody notices."""

import asyncio
import signal
import time

from tests.rounds.caller import calling
from tests.rounds.ground import Ground
from tests.rounds.verdict import Findings

#: uvicorn passes the signal on once it has ended in order.
ORDERLY = {0, -signal.SIGTERM}
GRACE = 30
MARGIN = 5


async def rolling(ground: Ground, *, runs: int, restarts: int) -> Findings:
    findings = Findings()
    ground.muster(workers=2)
    exits: list[tuple[str, int, float]] = []
    run_ids: list[str] = []
    async with calling(ground) as caller:

        async def load() -> None:
            while True:
                run_ids.extend(await caller.steps(runs=max(1, runs // restarts), steps=6, seconds=0.4))
                await asyncio.sleep(0.2)

        loading = asyncio.create_task(load())
        for place in range(restarts):
            ground.progress(place, restarts)
            for name in ("worker", "web"):
                exits.append(await asyncio.to_thread(replaced, ground, name))
        loading.cancel()
        await asyncio.wait({loading})
        settled = await ground.settled(patience=120)
        findings.refuse("a client got a 5xx", {told: n for told, n in caller.told.items() if told.startswith("5")})
    findings.refuse("a process ended in disorder", [exit for exit in exits if exit[1] not in ORDERLY])
    findings.refuse("a process took longer than its grace time", [exit for exit in exits if exit[2] > GRACE + MARGIN])
    findings.require("no attempt was charged", ground.server.count("attempt <> 1") == 0)
    findings.audit(ground, run_ids)
    findings.tell(runs=ground.server.count("true"), restarts=len(exits), handed_over=ground.server.count("token > 1"))
    findings.tell(longest_exit_seconds=max(exit[2] for exit in exits), settled_seconds=settled, told=dict(caller.told))
    return findings


def replaced(ground: Ground, name: str) -> tuple[str, int, float]:
    """A new one serves before the oldest is told to end."""
    oldest = ground.server.alive(name)[0]
    if name == "web":
        ground.server.start_web()
        time.sleep(3)
    else:
        ground.server.await_worker(ground.start_worker())
    began = time.monotonic()
    status = oldest.terminate()
    return name, status, time.monotonic() - began
