"""The past of one thread: the runs it has had, and the checkpoints it holds."""

from benchmarks.growth.axis import Axis, Cost, Setting, cost, costs

NOOP = {"assistant_id": "noop", "input": {"n": 0}}


async def measure_runs(setting: Setting, size: int) -> dict[str, Cost]:
    """Runs that leave a state of the same size, so that only the past grows."""
    thread = await setting.client.post("/threads", {})
    path = f"/threads/{thread['thread_id']}"
    for _ in range(size):
        await setting.client.post(f"{path}/runs/wait", NOOP)
    calls = {
        "list runs": lambda: setting.client.get(f"{path}/runs"),
        "get state": lambda: setting.client.get(f"{path}/state"),
        "run": lambda: setting.client.post(f"{path}/runs/wait", NOOP),
    }
    return await costs(setting, calls)


async def measure_checkpoints(setting: Setting, size: int) -> dict[str, Cost]:
    """One run writes a checkpoint for its input, one for the start, and one a step."""
    client, thread = setting.client, await setting.client.post("/threads", {})
    path, steps = f"/threads/{thread['thread_id']}", size - 2
    body = {"assistant_id": "steps", "input": {"steps": steps}, "config": {"recursion_limit": size + 10}}
    await client.post(f"{path}/runs/wait", body)
    once_more = {"assistant_id": "steps", "input": {"steps": 1}}
    reads = {
        "get state": lambda: client.get(f"{path}/state"),
        "history, the last 10": lambda: client.post(f"{path}/history", {"limit": 10}),
    }
    return {
        **await costs(setting, reads),
        "run of a step": await cost(setting, lambda: client.post(f"{path}/runs/wait", once_more), repetitions=10),
    }


RUNS = Axis("runs on a thread", (1, 10, 100, 1000), measure_runs)
CHECKPOINTS = Axis("checkpoints of a thread", (10, 100, 1000, 10_000), measure_checkpoints)
