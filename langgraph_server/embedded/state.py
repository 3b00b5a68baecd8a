"""What `dev` leaves beside the application, so that commands in a second terminal find its services."""

import os
import secrets
from pathlib import Path

import orjson


def prepare(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    # Nothing in here is ever to be committed with the application.
    (data_dir / ".gitignore").write_text("*\n")


def secret_key(data_dir: Path) -> str:
    """Made once and kept: a new key would end every admin session."""
    if "SECRET_KEY" not in read(data_dir):
        remember(data_dir, SECRET_KEY=secrets.token_urlsafe(50))
    return read(data_dir)["SECRET_KEY"]


def remember(data_dir: Path, **values: str) -> None:
    write(data_dir, {**read(data_dir), **values})


def forget(data_dir: Path, *names: str) -> None:
    write(data_dir, {name: value for name, value in read(data_dir).items() if name not in names})


def read(data_dir: Path) -> dict[str, str]:
    try:
        values: dict[str, str] = orjson.loads((data_dir / "environment.json").read_bytes())
    except FileNotFoundError:
        return {}
    return values


def write(data_dir: Path, values: dict[str, str]) -> None:
    write_private(data_dir / "environment.json", orjson.dumps(values, option=orjson.OPT_INDENT_2))


def write_private(file: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others."""
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(file)
