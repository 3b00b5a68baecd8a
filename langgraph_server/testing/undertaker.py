"""Stops the embedded services of a folder, and removes it, once whoever started them is gone, however that ended."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from langgraph_server.embedded.postgres import Postgres, listens
from langgraph_server.embedded.redis import Redis


@contextmanager
def mortal_folder(prefix: str) -> Iterator[Path]:
    """For services. Its undertaker hears of our end through a pipe that only we hold open."""
    folder = Path(mkdtemp(prefix=prefix))
    folder.chmod(0o755)
    command = [sys.executable, "-P", "-m", __name__, str(folder)]
    undertaker = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    try:
        yield folder
    finally:
        undertaker.communicate()


def bury(folder: Path) -> None:
    postgres, redis = Postgres(folder), Redis(folder)
    if listens(postgres.pgdata):
        postgres.stop(mode="immediate")
    # It may never have been started, or be gone.
    with suppress(FileNotFoundError, ProcessLookupError):
        redis.kill()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.read()
    bury(Path(sys.argv[1]))
