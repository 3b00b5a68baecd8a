"""The bytes of a thread's state."""

from benchmarks.growth.axis import Axis, Cost, Setting, costs


async def measure(setting: Setting, size: int) -> dict[str, Cost]:
    client, thread = setting.client, await setting.client.post("/threads", {})
    path = f"/threads/{thread['thread_id']}"
    body = {"assistant_id": "large", "input": {"bytes": size}}
    calls = {
        "run": lambda: client.post(f"{path}/runs/wait", body),
        "get state": lambda: client.get(f"{path}/state"),
        "get thread": lambda: client.get(path),
        "history, the last 3": lambda: client.post(f"{path}/history", {"limit": 3}),
    }
    return await costs(setting, calls)


AXIS = Axis("bytes of a state", (1_000, 10_000, 100_000, 1_000_000, 2_000_000), measure)
