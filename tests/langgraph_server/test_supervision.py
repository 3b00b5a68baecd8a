"""Supervised processes are kept running, reloaded and ended in order."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from langgraph_server import supervision
from langgraph_server.supervision import Program, supervise

#: Writes that it lives; on SIGTERM writes that it ends, and ends.
CHILD = """
import signal, sys, time
name, file = sys.argv[1:]
def write(word):
    with open(file, "a") as log:
        log.write(f"{name} {word}\\n")
def end(*_):
    write("ends")
    sys.exit()
signal.signal(signal.SIGTERM, end)
write("lives")
time.sleep(60)
"""
DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(60)
"""
SUPERVISOR = """
import asyncio, sys
from langgraph_server.supervision import Program, supervise
child = (sys.executable, "-c", sys.argv[1])
asyncio.run(supervise([Program(name="child", command=child)]))
"""
ORPHAN = """
import os, time
from langgraph_server.orphans import end_with_supervisor
end_with_supervisor()
print(os.getpid(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "log"
    file.touch()
    return file


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "FIRST_PAUSE", 0.05)


def program(name: str, log: Path, *, reloads: bool = False) -> Program:
    return Program(name=name, command=(sys.executable, "-c", CHILD, name, str(log)), reloads=reloads)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


def tell_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def test_a_child_that_dies_is_started_again(log: Path) -> None:
    dying = Program(name="dying", command=("sh", "-c", f"echo again >> {log}; exit 1"))
    supervised = asyncio.create_task(supervise([dying]))
    await until(lambda: log.read_text().count("again") >= 3)
    tell_to_end()
    await supervised


async def test_they_end_in_the_order_given(log: Path) -> None:
    names = ["web", "beat", "worker"]
    supervised = asyncio.create_task(supervise([program(name, log) for name in names]))
    await until(lambda: log.read_text().count("lives") == 3)
    tell_to_end()
    await supervised
    assert log.read_text().splitlines()[3:] == [f"{name} ends" for name in names]


async def test_a_child_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "deaf"
    deaf = Program(name="deaf", command=(sys.executable, "-c", DEAF, str(file)), grace=0.1)
    supervised = asyncio.create_task(supervise([deaf]))
    await until(file.exists)
    tell_to_end()
    async with asyncio.timeout(5):
        await supervised


async def test_a_second_signal_ends_all_at_once(tmp_path: Path) -> None:
    file = tmp_path / "deaf"
    deaf = Program(name="deaf", command=(sys.executable, "-c", DEAF, str(file)), grace=60)
    supervised = asyncio.create_task(supervise([deaf]))
    await until(file.exists)
    tell_to_end()
    await asyncio.sleep(0.05)
    tell_to_end()
    async with asyncio.timeout(5):
        await supervised


async def test_a_change_restarts_those_that_reload_and_leaves_the_others(log: Path) -> None:
    changes: asyncio.Queue[str] = asyncio.Queue()

    async def told() -> AsyncIterator[str]:
        while True:
            yield await changes.get()

    programs = [program("web", log, reloads=True), program("beat", log)]
    supervised = asyncio.create_task(supervise(programs, changes=told()))
    await until(lambda: log.read_text().count("lives") == 2)
    changes.put_nowait("agent.py")
    await until(lambda: log.read_text().count("web lives") == 2)
    assert "beat ends" not in log.read_text()
    tell_to_end()
    await supervised


async def test_a_child_ends_when_its_supervisor_is_killed() -> None:
    command = (sys.executable, "-c", SUPERVISOR, ORPHAN)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child = int(supervisor.stdout.readline())
        supervisor.kill()
    await until(lambda: not lives(child))


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    # An ended process that nobody has reaped is no life.
    return " Z " not in Path(f"/proc/{process}/stat").read_text() if Path("/proc").is_dir() else True
