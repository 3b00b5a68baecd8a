"""Asks `/ok` ten times a second as an orchestrator does: `python -m tests.rounds.probe PORT`.

A process of its own: in that of the load it would measure how long that one takes to look at an answer.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
EVERY = 0.1


@asynccontextmanager
async def probing(port: int) -> AsyncIterator[list[float]]:
    """The seconds that each answer took; filled, and in order of length, when the block is over."""
    taken: list[float] = []
    command = [sys.executable, "-m", "tests.rounds.probe", str(port)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        yield taken
    finally:
        process.terminate()
        told, _ = await process.communicate()
        taken.extend(sorted(float(line) for line in told.split()))


def main(port: int) -> None:
    while True:
        began = time.monotonic()
        asyncio.run(ok(port))
        sys.stdout.write(f"{time.monotonic() - began}\n")
        sys.stdout.flush()
        time.sleep(EVERY)


async def ok(port: int) -> bytes:
    """On a new connection; an answer that never comes is one of a minute."""
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /ok HTTP/1.1\r\nhost: probe\r\nconnection: close\r\n\r\n")
        status = await reader.readline()
        writer.close()
    assert b" 200 " in status, status
    return status


if __name__ == "__main__":
    main(int(sys.argv[1]))
