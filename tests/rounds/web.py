"""Web processes die while clients post; the clients repeat themselves."""

import asyncio

from tests.rounds.caller import calling
from tests.rounds.ground import Ground
from tests.rounds.storm import storm
from tests.rounds.verdict import Findings


async def killed(ground: Ground, *, runs: int, kill_every: float, kills: int) -> Findings:
    """Each post is repeated under its key until it is answered."""
    findings = Findings()
    ground.muster(workers=2)
    run_ids: list[str] = []
    async with (
        calling(ground) as caller,
        storm(lambda: ground.replace("web"), every=kill_every, chance=ground.chance),
    ):
        thread_ids = await asyncio.gather(*(caller.thread() for _ in range(runs // 5)))
        while len(run_ids) < runs or ground.killed < kills:
            posts = (
                caller.run(thread_id, assistant_id="steps", input={"steps": 1, "seconds": 0.0}, durability="sync")
                for thread_id in thread_ids[:20]
            )
            run_ids += await asyncio.gather(*posts)
            thread_ids = thread_ids[20:] + thread_ids[:20]
            ground.progress(len(run_ids), runs)
            await asyncio.sleep(0 if len(run_ids) < runs else 0.5)
    await ground.settled(patience=120)
    findings.require("each key made one run", len(set(run_ids)) == len(run_ids) == ground.server.count("true"))
    findings.refuse("a client got a 5xx that is no 503", caller.failures)
    doubled = (
        "SELECT thread_id::text FROM threads_thread t WHERE jsonb_array_length(values::jsonb -> 'done') <> "
        "(SELECT count(*) FROM runs_run r WHERE r.thread_id = t.thread_id)"
    )
    findings.refuse("a thread has other steps than runs", ground.server.rows(doubled)[:10])
    for law, rows in ground.server.audit().items():
        findings.refuse(f"it does not hold that {law}", rows)
    findings.tell(runs=len(run_ids), web_processes_killed=ground.killed, told=dict(caller.told))
    return findings
