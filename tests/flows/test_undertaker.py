"""Tests that are killed leave no Postgres and no Redis behind."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal
from langgraph_server import embedded
from langgraph_server.testing.undertaker import mortal_folder
with mortal_folder("lgs-mortal-") as folder, embedded.services(folder):
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_services_end_with_a_process_that_was_killed() -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    folder = Path(ended.stdout.strip())
    deadline = time.monotonic() + 30
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not folder.exists()
    assert not [process.pid for process in psutil.process_iter(["cmdline"]) if mentions(process, folder)]


def mentions(process: psutil.Process, folder: Path) -> bool:
    return any(str(folder) in argument for argument in process.info["cmdline"] or ())
