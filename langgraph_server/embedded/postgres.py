"""The embedded Postgres of `dev` and of the tests: initialise, start or adopt, stop.

It listens on a Unix socket only, in a folder that nobody else may enter. It outlives a server that was
killed: `postmaster.pid` says where it listens, and the next start adopts it.
"""

import shlex
import shutil
import socket
import subprocess
import time
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal
from urllib.parse import quote

from langgraph_server.embedded import account
from langgraph_server.errors import ConfigurationError

PARAMETERS = {
    "listen_addresses": "",
    # Named, because PGPORT in the environment would change it.
    "port": "5432",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_statement": "none",
}
SOCKET = ".s.PGSQL.5432"
#: The shortest limit of the systems we run on (macOS: 104 bytes with the closing zero).
LONGEST_SOCKET_PATH = 103
PATIENCE = 60


class Postgres:
    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    @property
    def pgdata(self) -> Path:
        return account.home(self.data_dir) / "postgres"

    @property
    def uri(self) -> str:
        folder = socket_folder(self.pgdata)
        if folder is None:
            raise ConfigurationError(f"the embedded Postgres in {self.data_dir} is not running")
        return f"postgresql://postgres@/postgres?host={quote(str(folder), safe='')}&port=5432"

    def start(self) -> None:
        binaries, pgdata = account.binaries(), self.pgdata
        if not pgdata.exists():
            initialise(binaries, pgdata)
        if not listens(pgdata):
            launch(binaries, pgdata)
        wait(pgdata)

    def stop(self, *, mode: Literal["fast", "immediate"] = "fast") -> None:
        binaries, pgdata = account.binaries(), self.pgdata
        folder = socket_folder(pgdata)
        account.run(binaries / "pg_ctl", "stop", "-D", pgdata, "-m", mode, "-w", "-t", str(PATIENCE))
        if folder not in (None, pgdata):
            shutil.rmtree(folder, ignore_errors=True)


def initialise(binaries: Path, pgdata: Path) -> None:
    """Beside its place, then renamed: a start that was killed half-way leaves nothing that looks finished."""
    draft = pgdata.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    account.own(draft)
    # The built-in locale sorts the same on every machine and needs none installed.
    locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--encoding=UTF8")
    # Trust is the socket folder's: mode 700, and no other way in.
    initdb = (binaries / "initdb", "-D", draft, "-U", "postgres", "--auth=trust", *locale)
    outcome = account.run(*initdb, output=subprocess.PIPE)
    if outcome.returncode:
        raise ConfigurationError(f"the embedded Postgres cannot be initialised: {outcome.stdout}")
    draft.rename(pgdata)


def launch(binaries: Path, pgdata: Path) -> None:
    discard_stale_pid(pgdata)
    parameters = {**PARAMETERS, "unix_socket_directories": str(new_socket_folder(pgdata))}
    options = shlex.join(word for name, value in parameters.items() for word in ("-c", f"{name}={value}"))
    log = pgdata / "server.log"
    log.unlink(missing_ok=True)
    patience = ("-w", "-t", str(PATIENCE))
    account.run(binaries / "pg_ctl", "start", "-D", pgdata, "-l", log, "-o", options, *patience)
    if not listens(pgdata):
        raise ConfigurationError(f"the embedded Postgres did not start: {told(log)}")


def wait(pgdata: Path) -> None:
    """An adopted server may still be recovering from a crash."""
    deadline = time.monotonic() + PATIENCE
    while pid_file(pgdata)[7:8] != ["ready"]:
        if time.monotonic() > deadline:
            raise ConfigurationError(f"the embedded Postgres is not ready: {told(pgdata / 'server.log')}")
        time.sleep(0.02)


def listens(pgdata: Path) -> bool:
    folder = socket_folder(pgdata)
    if folder is None:
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(folder / SOCKET)) == 0


def discard_stale_pid(pgdata: Path) -> None:
    """Postgres refuses to start while the noted process lives, even if its number has gone to somebody else.

    A postmaster listens from its first moment to its last, so a second of silence shows that it is none.
    """
    for _ in range(10):
        if not pid_file(pgdata) or listens(pgdata):
            return
        time.sleep(0.1)
    (pgdata / "postmaster.pid").unlink(missing_ok=True)


def new_socket_folder(pgdata: Path) -> Path:
    if len(str(pgdata / SOCKET)) <= LONGEST_SOCKET_PATH:
        return pgdata
    folder = Path(mkdtemp(prefix="langgraph_server-", dir="/tmp"))
    account.own(folder)
    return folder


def socket_folder(pgdata: Path) -> Path | None:
    match pid_file(pgdata):
        case [_, _, _, _, folder, *_] if folder:
            return Path(folder)
    return None


def pid_file(pgdata: Path) -> list[str]:
    try:
        return [line.strip() for line in (pgdata / "postmaster.pid").read_text().splitlines()]
    except FileNotFoundError:
        return []


def told(log: Path) -> str:
    try:
        return log.read_text().strip()[-2000:]
    except FileNotFoundError:
        return "it left no log"
