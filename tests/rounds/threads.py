"""Many posts at once on one thread: each strategy is exact."""

import asyncio
from typing import Any

from tests.rounds.caller import Caller, calling
from tests.rounds.ground import Ground
from tests.rounds.verdict import Findings

OVERLAPPING = """
SELECT run_id::text, thread_id::text FROM (
    SELECT run_id, thread_id, created_at, lag(ended_at) OVER (PARTITION BY thread_id ORDER BY created_at) AS before
    FROM runs_run WHERE multitask_strategy = 'reject'
) r WHERE created_at < before
"""
OUT_OF_TURN = """
SELECT run_id::text, thread_id::text, created_at, started_at, before, epoch, earlier FROM (
    SELECT run_id, thread_id, created_at, started_at, ended_at, epoch,
        lag(ended_at) OVER turn AS before, lag(epoch) OVER turn AS earlier
    FROM runs_run WHERE multitask_strategy = 'enqueue' WINDOW turn AS (PARTITION BY thread_id ORDER BY created_at)
) r WHERE started_at < before OR epoch < earlier
"""
#: Of those that supersede each other only the last is sure to end by itself; it does, and the thread shows it.
LAST = """
SELECT r.run_id::text, r.status, r.kwargs::jsonb #>> '{input,said}', t.values::jsonb ->> 'said', t.status
FROM threads_thread t JOIN LATERAL (
    SELECT * FROM runs_run r WHERE r.thread_id = t.thread_id ORDER BY created_at DESC LIMIT 1
) r ON true
WHERE r.status <> 'success' OR t.status <> 'idle'
OR (r.kwargs::jsonb #>> '{input,said}') IS DISTINCT FROM (t.values::jsonb ->> 'said')
"""
LEFT = "SELECT status, count(*)::int FROM runs_run GROUP BY 1 ORDER BY 1"
#: A rolled back run leaves neither a row nor a checkpoint.
ORPHANS = """
SELECT DISTINCT c.thread_id, c.metadata ->> 'run_id' FROM checkpoints c
WHERE NOT EXISTS (SELECT FROM runs_run r WHERE r.run_id::text = c.metadata ->> 'run_id')
"""


async def crowded(ground: Ground, *, strategy: str, rounds: int, posts: int, abreast: int) -> Findings:
    """`posts` at once on one thread, `rounds` times, some threads at a time."""
    findings = Findings()
    ground.muster(workers=2)
    limit = asyncio.Semaphore(abreast)
    accepted: list[int] = []
    async with calling(ground) as caller:

        async def one() -> None:
            async with limit:
                accepted.append(await burst(caller, strategy, posts))
                ground.progress(len(accepted), rounds)

        await asyncio.gather(*(one() for _ in range(rounds)))
        await ground.settled(patience=300)
    check(ground, findings, strategy, accepted, rounds * posts)
    findings.refuse("the last run of a thread did not have the last word", ground.server.rows(LAST)[:10])
    for law, rows in ground.server.audit().items():
        findings.refuse(f"it does not hold that {law}", rows)
    left = dict(ground.server.rows(LEFT))
    findings.tell(threads=rounds, posts=rounds * posts, accepted=sum(accepted), left=left, told=dict(caller.told))
    return findings


async def burst(caller: Caller, strategy: str, posts: int) -> int:
    """How many were accepted; the others were told 409."""
    thread_id = await caller.thread()
    path = f"/threads/{thread_id}/runs"
    body: dict[str, Any] = {"assistant_id": "echo", "multitask_strategy": strategy}
    answers = await asyncio.gather(
        *(caller.ask("POST", path, {**body, "input": {"said": str(place)}}) for place in range(posts))
    )
    statuses = [answer.status_code if answer else 0 for answer in answers]
    if unexpected := [status for status in statuses if status not in {200, 409}]:
        raise AssertionError(f"{strategy}: {unexpected}")
    return statuses.count(200)


def check(ground: Ground, findings: Findings, strategy: str, accepted: list[int], posted: int) -> None:
    server = ground.server
    if strategy == "reject":
        findings.refuse("a run was accepted beside another", server.rows(OVERLAPPING)[:10])
        findings.require("each thread took at least one", min(accepted) >= 1)
        findings.require("what was accepted ended well", server.count("status = 'success'") == sum(accepted))
        return
    findings.require("all were accepted", sum(accepted) == posted)
    if strategy == "enqueue":
        findings.refuse("runs were executed out of turn", server.rows(OUT_OF_TURN)[:10])
        findings.require("all ended well", server.count("status = 'success'") == posted)
    if strategy == "interrupt":
        findings.require("no run was lost", server.count("status IN ('success', 'interrupted')") == posted)
    if strategy == "rollback":
        findings.refuse("a rolled back run left a checkpoint", server.rows(ORPHANS)[:10])
        findings.require("only what ended well is left", server.count("status <> 'success'") == 0)
