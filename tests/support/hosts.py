"""A second host on this machine: a network namespace, joined to the rest by a cable that can be pulled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Host:
    name: str
    #: Where the host finds the rest of the machine.
    outside: str

    @property
    def prefix(self) -> list[str]:
        """What is written before a command that shall run there; its process id is the command's."""
        return ["ip", "netns", "exec", self.name]

    def pull(self) -> None:
        """Nothing arrives any more, not even that it did: neither kernel hears an acknowledgement."""
        ip("link", "set", f"{self.name}-out", "down")

    def plug(self) -> None:
        ip("link", "set", f"{self.name}-out", "up")


@contextmanager
def host(number: int = 0) -> Iterator[Host]:
    """Needs root and iproute2; PermissionError or FileNotFoundError where they are missing. Up to ten at once."""
    if os.geteuid():
        raise PermissionError("network namespaces need root")
    name, network = f"lgs{os.getpid() % 10**5}{number}", f"10.{213 + number}.{os.getpid() % 250}"
    ip("netns", "add", name)
    try:
        ip("link", "add", f"{name}-out", "type", "veth", "peer", "name", f"{name}-in", "netns", name)
        ip("addr", "add", f"{network}.1/30", "dev", f"{name}-out")
        ip("link", "set", f"{name}-out", "up")
        ip("-n", name, "addr", "add", f"{network}.2/30", "dev", f"{name}-in")
        for device in ("lo", f"{name}-in"):
            ip("-n", name, "link", "set", device, "up")
        yield Host(name, f"{network}.1")
    finally:
        ip("netns", "del", name)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
