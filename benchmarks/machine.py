"""Facts about the machine and the versions, without which figures say little."""

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

OURS = ("django-langgraph-server", "langgraph", "django", "celery")
THEIRS = ("langgraph-api", "langgraph-runtime-inmem", "langgraph")
VERSIONS = "import sys, importlib.metadata as m; print(*(m.version(name) for name in sys.argv[1:]))"


def machine() -> dict[str, object]:
    return {
        "cpu": cpu_model(),
        "cores": psutil.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "busy_before": psutil.cpu_percent(interval=1) / 100,
    }


def cpu_model() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor()


def our_versions() -> dict[str, str]:
    return {name: version_of(name) for name in OURS}


def version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def reference_versions(python: Path) -> dict[str, str]:
    answer = subprocess.run([python, "-c", VERSIONS, *THEIRS], check=True, capture_output=True, text=True)
    return dict(zip(THEIRS, answer.stdout.split(), strict=True))
