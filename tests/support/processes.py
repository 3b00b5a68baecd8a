"""One process of a server under test: started, signalled, killed, and asked what it logged."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psutil

from langgraph_server import orphans

#: Seconds beyond which a process that was told to end is forced to.
PATIENCE = 60


@dataclass
class Process:
    """In a session of its own, ended with this one should the tests be killed."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls, name: str, command: Sequence[str], *, environment: Mapping[str, str], files: Sequence[int], log: Path
    ) -> "Process":
        with log.open("wb") as output:
            popen = subprocess.Popen(
                command,
                env={**environment, orphans.VARIABLE: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=files,
                start_new_session=True,
            )
        return cls(name, popen, log)

    @property
    def is_alive(self) -> bool:
        return self.popen.poll() is None

    @property
    def age(self) -> float:
        return time.time() - psutil.Process(self.popen.pid).create_time()

    def send(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def kill(self) -> None:
        """With its children, as the machine would: nothing of it gets to say goodbye."""
        family = [self.popen.pid, *(child.pid for child in self.children())]
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.popen.wait()

    def terminate(self, *, patience: float = PATIENCE) -> int:
        """The exit status; a process that does not end is killed and fails the test."""
        self.send(signal.SIGTERM)
        return self.wait(patience)

    def wait(self, patience: float = PATIENCE) -> int:
        try:
            return self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def freeze(self) -> None:
        self.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.send(signal.SIGCONT)

    def children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.popen.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def records(self, *, since: int = 0) -> Iterator[dict[str, Any]]:
        """Its log lines as facts; what is no JSON (a traceback of the interpreter) counts as an error."""
        for line in self.log.read_bytes()[since:].splitlines():
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                if b"Traceback" in line:
                    yield {"level": "ERROR", "message": line.decode()}
                continue
            if isinstance(record, dict):
                yield record

    def logged(self, message: str) -> list[dict[str, Any]]:
        return [record for record in self.records() if record.get("message") == message]
