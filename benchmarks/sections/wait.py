"""The smallest run, waited for: without a thread, and on a new thread of its own."""

from benchmarks.errors import Failure
from benchmarks.measuring import Goal, Target
from benchmarks.sections.loops import median, rate


async def wait(target: Target, number: int) -> None:
    await run_noop(target, "/runs/wait", number)


async def thread_wait(target: Target, number: int) -> None:
    thread = await target.client.post("/threads", {})
    await run_noop(target, f"/threads/{thread['thread_id']}/runs/wait", number)


async def run_noop(target: Target, path: str, number: int) -> None:
    output = await target.client.post(path, {"assistant_id": "noop", "input": {"n": number}})
    if output != {"n": number + 1}:
        raise Failure(f"wrong output: {output}")


MANY = Goal(better=4, aegra=20, cpu_share=0.8, floors=2)
ROWS = (
    median("wait, 1 client, p50", wait, goal=Goal(better=40, at_most=25)),
    rate("wait, 32 clients", "runs/s", wait, clients=32, goal=MANY, floor="run"),
    rate("wait, 128 clients", "runs/s", wait, clients=128, goal=MANY, floor="run"),
    median("new thread and wait, 1 client, p50", thread_wait),
    rate("new thread and wait, 32 clients", "runs/s", thread_wait, clients=32, goal=MANY, floor="run", is_saved=True),
)
