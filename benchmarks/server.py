"""A server for the time of a measurement: started, waited for, stopped with all that it has started."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from benchmarks.errors import Failure
from benchmarks.processes import ProcessTree

CACHE = Path(__file__).parent / ".cache"
START_SECONDS = 120.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Launch:
    name: str
    command: Sequence[str]
    folder: Path
    url: str
    #: Answers once the server does.
    ready: str = "/ok"
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def running(launch: Launch) -> Iterator[int]:
    """The process id of the server, once it answers."""
    if answers(launch):
        raise Failure(f"something answers already at {launch.url}")
    # A benchmark that is told to end takes its servers along.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{launch.name}.log").open("wb") as log:
        process = subprocess.Popen(
            launch.command,
            cwd=launch.folder,
            env={**environment(), **launch.environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_until_ready(launch, process)
        yield process.pid
    finally:
        stop(process)


def environment() -> Mapping[str, str]:
    """Compiling all that is imported would double the time of a start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def wait_until_ready(launch: Launch, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while not answers(launch):
        if process.poll() is not None or time.monotonic() > end:
            raise Failure(f"{launch.name} did not start: see {CACHE / launch.name}.log")
        time.sleep(0.1)


def answers(launch: Launch) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{launch.url}{launch.ready}", timeout=2, trust_env=False).is_success
    return False


def stop(process: subprocess.Popen[bytes]) -> None:
    family = list(ProcessTree([process.pid]))
    process.terminate()
    _, left = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for survivor in left:
        with suppress(psutil.NoSuchProcess):
            survivor.kill()
    process.wait()
