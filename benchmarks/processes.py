"""CPU time and memory of a server: its processes, and all they have started."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import psutil


@dataclass(frozen=True)
class ProcessTree:
    roots: Sequence[int]

    def __iter__(self) -> Iterator[psutil.Process]:
        found: dict[int, psutil.Process] = {}
        for pid in self.roots:
            with suppress(psutil.NoSuchProcess):
                root = psutil.Process(pid)
                found |= {process.pid: process for process in (root, *root.children(recursive=True))}
        yield from found.values()

    def cpu_seconds(self) -> float:
        return sum(cpu_seconds(process) for process in self)

    def memory_mb(self) -> float:
        return sum(memory_bytes(process) for process in self) / 2**20


def cpu_seconds(process: psutil.Process) -> float:
    """Of the process and of its children that have ended: the kernel adds theirs to their parent's."""
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


def memory_bytes(process: psutil.Process) -> int:
    """Pages that processes share are shared out among them, where the system tells (PSS, on Linux)."""
    with suppress(psutil.NoSuchProcess):
        memory = process.memory_full_info()
        return int(getattr(memory, "pss", memory.rss))
    return 0
