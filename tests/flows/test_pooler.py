"""Through PgBouncer in transaction mode, with fewer connections to Postgres than the server has to the pooler."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from langgraph_server.testing.undertaker import mortal_folder
from tests.support.installation import IMPATIENT, Installation, installed

PGBOUNCER = shutil.which("pgbouncer")
CONFIGURATION = """
[databases]
* = host={host} port=5432 user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 3
unix_socket_dir =
logfile = {folder}/pgbouncer.log
"""

pytestmark = pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed")


@contextmanager
def pooling(folder: Path) -> Iterator[int]:
    """The port; as the account that may enter the folder of Postgres' socket."""
    (host,) = parse_qs(urlsplit(os.environ["DATABASE_URI"]).query)["host"]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    configuration = folder / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(host=host, port=port, folder=folder))
    lesser = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if lesser:
        for path in (folder, configuration):
            os.chown(path, lesser.pw_uid, lesser.pw_gid)
    command = [str(PGBOUNCER), str(configuration)]
    with subprocess.Popen(command, cwd="/", user=lesser and lesser.pw_uid, group=lesser and lesser.pw_gid) as pooler:
        try:
            yield await_port(port, pooler)
        finally:
            pooler.kill()


def await_port(port: int, pooler: subprocess.Popen[bytes]) -> int:
    deadline = time.monotonic() + 10
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        assert pooler.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Installation]:
    with mortal_folder("lgs-pooler-") as folder, pooling(folder) as port, installed(tmp_path) as direct:
        name = urlsplit(direct.database_uri).path.strip("/")
        pooled = f"postgresql://postgres@127.0.0.1:{port}/{name}"
        direct.settings = {**IMPATIENT, "DATABASE_URI": pooled, "LANGGRAPH_SERVER_POOLER": "true"}
        direct.start(web=1, workers=1)
        yield direct


async def test_runs_states_and_items_go_through_it(server: Installation) -> None:
    async with server.client() as client:
        threads = [(await client.threads.create())["thread_id"] for _ in range(12)]
        await asyncio.gather(*(client.runs.wait(thread_id, "approval", input={}) for thread_id in threads))
        await asyncio.gather(
            *(client.runs.wait(thread_id, "approval", command={"resume": "yes"}) for thread_id in threads)
        )
        for number in range(12):
            await client.store.put_item(("notes",), str(number), {"text": "hello"})
        assert len((await client.store.search_items(("notes",), limit=20))["items"]) == 12
        assert {thread["status"] for thread in await client.threads.search()} == {"idle"}
        assert len(await client.threads.get_history(threads[0])) > 2
    assert server.troubles() == []
    assert server.audit() == {}
