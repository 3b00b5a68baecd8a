"""In the place of `langgraph-server` where a page is run: what would stay is ended once it serves, and well."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import httpx

STAYING = {"dev", "web", "worker", "beat"}
PATIENCE = 90


def main(program: str, words: Sequence[str]) -> int:
    if words[0] not in STAYING:
        return subprocess.run([program, *words], check=False).returncode
    port = free_port()
    # The last counts: what the page says may be taken on this machine.
    own = ["--port", str(port)] if words[0] in {"dev", "web"} else []
    with NamedTemporaryFile() as log, subprocess.Popen([program, *words, *own], stdout=log, stderr=log) as process:
        served = until_ready(process, words[0], port, Path(log.name))
        process.send_signal(signal.SIGINT if words[0] == "dev" else signal.SIGTERM)
        ended = process.wait(PATIENCE)
        sys.stdout.write(Path(log.name).read_text())
    # Of one that does not serve the exit code may be good; uvicorn ends by the signal that it was sent.
    return 0 if served and ended in {0, 130, -signal.SIGTERM, -signal.SIGINT} else 1


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until_ready(process: "subprocess.Popen[bytes]", word: str, port: int, log: Path) -> bool:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        if is_ready(process.pid, word, port, log):
            return True
        time.sleep(0.1)
    return False


def is_ready(pid: int, word: str, port: int, log: Path) -> bool:
    if word == "worker":
        return " ready." in log.read_text()
    if word == "beat":
        return handles_its_end(pid)
    try:
        return httpx.get(f"http://127.0.0.1:{port}/ok", trust_env=False).is_success
    except httpx.TransportError:
        return False


def handles_its_end(pid: int) -> bool:
    """The clock says nothing as it starts; it takes the signal over when it runs."""
    (caught,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt")]
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


if __name__ == "__main__":
    sys.exit(main(os.environ["REAL_LANGGRAPH_SERVER"], sys.argv[1:]))
