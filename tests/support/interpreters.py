"""Where this machine has other Pythons: on the path, or kept by pyenv."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

ASK = "import sys; print('%d.%d' % sys.version_info[:2])"


def interpreter(version: str) -> Path | None:
    """One that runs, of a version like 3.12; pyenv's shims are on the path and may refuse to."""
    return next((path for path in candidates(version) if told(str(path), "-c", ASK) == version), None)


def candidates(version: str) -> Iterator[Path]:
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    if (latest := told("pyenv", "latest", version)) and (prefix := told("pyenv", "prefix", latest)):
        yield Path(prefix) / "bin" / "python"


def told(*command: str) -> str:
    """Nothing, if it cannot be asked."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False).stdout.strip()
    except OSError:
        return ""
