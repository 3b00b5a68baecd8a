"""Five hundred streaming runs that each sleep two seconds: can the server hold them all at once?"""

from benchmarks.errors import Failure
from benchmarks.load import fixed_number
from benchmarks.measuring import CpuMeter, Figure, Goal, Row, Target, quantiles_ms

RUNS = 500
SECONDS = 2.0
REQUEST = {"assistant_id": "sleepy", "input": {"seconds": SECONDS}, "stream_mode": ["updates"]}


async def sleepy(target: Target) -> Figure:
    async def run(_: int) -> None:
        events = b"".join([part async for part in target.client.stream("/runs/stream", REQUEST)])
        if b'"slept":true' not in events:
            raise Failure(f"the run did not sleep: {events[-200:]!r}")

    cpu = CpuMeter(target.processes)
    load = await fixed_number(run, count=RUNS, clients=RUNS)
    return Figure(load.seconds, cpu_ms=cpu.ms_per(RUNS), detail=quantiles_ms(load.latencies))


ROWS = (Row(f"{RUNS} streams that sleep {SECONDS:g} s", "s", sleepy, Goal(at_most=1.5 * SECONDS), most_repetitions=1),)
