"""Long runs of small steps on a thread: what a superstep and its checkpoint cost."""

from benchmarks.errors import Failure
from benchmarks.load import fixed_number
from benchmarks.measuring import CpuMeter, Figure, Goal, Row, Target

RUNS = 8
STEPS = 100
REQUEST = {"assistant_id": "steps", "input": {"steps": STEPS}}


async def steps(target: Target) -> Figure:
    async def run(_: int) -> None:
        thread = await target.client.post("/threads", {})
        output = await target.client.post(f"/threads/{thread['thread_id']}/runs/wait", REQUEST)
        if output.get("taken") != STEPS:
            raise Failure(f"wrong output: {output}")

    cpu = CpuMeter(target.processes)
    load = await fixed_number(run, count=RUNS, clients=RUNS)
    return Figure(RUNS * STEPS / load.seconds, cpu_ms=cpu.ms_per(RUNS * STEPS))


ROWS = (
    Row(
        f"{RUNS} runs of {STEPS} steps of 1 kB",
        "steps/s",
        steps,
        Goal(better=3, cpu_ms=1.2),
        floor="step",
        is_saved=True,
    ),
)
