"""Rows without runs: threads are read, found by metadata and made, by 32 clients."""

from benchmarks.errors import Failure
from benchmarks.load import fixed_number
from benchmarks.measuring import Figure, Goal, Row, Target
from benchmarks.sections.loops import Request, looped, rate

CLIENTS = 32
THREADS = 1000
SHELVES = 50
FOUND = 10


async def create(target: Target, number: int) -> None:
    thread = await target.client.post("/threads", {"metadata": {"shelf": number % SHELVES}})
    target.thread_ids.append(thread["thread_id"])


async def get(target: Target, number: int) -> None:
    thread_id = target.thread_ids[number % THREADS]
    thread = await target.client.get(f"/threads/{thread_id}")
    if thread["thread_id"] != thread_id:
        raise Failure(f"another thread: {thread}")


async def search(target: Target, number: int) -> None:
    shelf = number % SHELVES
    threads = await target.client.post("/threads/search", {"metadata": {"shelf": shelf}, "limit": FOUND})
    # Beside it a server may keep metadata of its own.
    if [thread["metadata"]["shelf"] for thread in threads] != [shelf] * FOUND:
        raise Failure(f"wrong threads: {threads}")


def among_threads(name: str, request: Request, *, goal: Goal) -> Row:
    async def measure(target: Target) -> Figure:
        missing = max(0, THREADS - len(target.thread_ids))
        await fixed_number(lambda number: create(target, number), count=missing, clients=CLIENTS)
        return await looped(target, request=request, clients=CLIENTS)

    return Row(name, "requests/s", measure, goal)


ROWS = (
    among_threads(f"thread get, {CLIENTS} clients", get, goal=Goal(better=0.8, aegra=4)),
    among_threads(f"thread search, {CLIENTS} clients", search, goal=Goal(better=1, aegra=4)),
    rate(f"thread create, {CLIENTS} clients", "requests/s", create, clients=CLIENTS, goal=Goal(better=1, aegra=4)),
)
