"""Typed reading of the environment: what is not understood stops the start and names its variable.

A value is looked up in the process environment first, then in the file that `dev` leaves beside the
application it serves (`.langgraph_server/environment.json`), so that commands typed in a second terminal
find the embedded services.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import orjson

from langgraph_server.errors import ConfigurationError

#: Names the file in whose folder the application is.
CONFIG = "LANGGRAPH_CONFIG"
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def application_root() -> Path:
    return Path(os.environ.get(CONFIG, "langgraph.json")).resolve().parent


def data_dir() -> Path:
    return application_root() / ".langgraph_server"


def left_by_dev() -> Mapping[str, str]:
    file = data_dir() / "environment.json"
    try:
        values = orjson.loads(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"{file} is not JSON ({error}); delete it, `dev` writes it anew") from error
    return {str(name): str(value) for name, value in values.items()}


LEFT_BY_DEV = left_by_dev()


@dataclass(frozen=True, slots=True)
class Given:
    name: str
    value: str
    source: str


def given(*names: str) -> Given | None:
    """The first of the aliases that is set and not empty."""
    for source, values in (("environment", os.environ), ("dev", LEFT_BY_DEV)):
        for name in names:
            if value := values.get(name, "").strip():
                return Given(name, value, source)
    return None


def text(*names: str, default: str) -> str:
    found = given(*names)
    return default if found is None else found.value


def boolean(name: str, *, default: bool) -> bool:
    value = text(name, default=str(default)).lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ConfigurationError(f"{name} must be true or false, not {value!r}")


def integer(name: str, *, default: int, minimum: int = 0) -> int:
    value = text(name, default=str(default))
    try:
        number = int(value)
    except ValueError:
        raise ConfigurationError(f"{name} must be a whole number, not {value!r}") from None
    if number < minimum:
        raise ConfigurationError(f"{name} must be at least {minimum}, not {number}")
    return number


def number(name: str, *, default: float, minimum: float = 0.0) -> float:
    value = text(name, default=str(default))
    try:
        result = float(value)
    except ValueError:
        raise ConfigurationError(f"{name} must be a number, not {value!r}") from None
    if not minimum <= result < float("inf"):
        raise ConfigurationError(f"{name} must be at least {minimum}, not {value}")
    return result


@dataclass(frozen=True, slots=True)
class Rate:
    most: int
    seconds: int
    unit: str

    def __str__(self) -> str:
        return f"{self.most} in a {self.unit}"


UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def rate(name: str) -> Rate | None:
    """Written as `100/minute`."""
    value = text(name, default="")
    if not value:
        return None
    most, _, unit = value.partition("/")
    if not most.isdecimal() or int(most) == 0 or unit not in UNITS:
        raise ConfigurationError(f"{name} must be a number and one of {', '.join(UNITS)}, as 100/minute; not {value!r}")
    return Rate(int(most), UNITS[unit], unit)


def names(name: str, *, default: str) -> list[str]:
    """A comma-separated list."""
    return [part.strip() for part in text(name, default=default).split(",") if part.strip()]


KEY_LENGTHS = {16, 24, 32}


def aes_keys(name: str) -> list[bytes]:
    """Keys of AES, separated by commas, which a key may have, too: a text of a key's length is one key."""
    value = text(name, default="").encode()
    keys = [value] if len(value) in KEY_LENGTHS else [part.strip() for part in value.split(b",") if part.strip()]
    if wrong := next((key for key in keys if len(key) not in KEY_LENGTHS), None):
        raise ConfigurationError(
            f"{name} must be a key of 16, 24 or 32 bytes, or several; one of them has {len(wrong)}"
        )
    return keys


def choice(name: str, options: tuple[str, ...], *, default: str) -> str:
    value = text(name, default=default)
    if value not in options:
        raise ConfigurationError(f"{name} must be one of {', '.join(options)}, not {value!r}")
    return value


def uri(*aliases: str, schemes: tuple[str, ...], default: str) -> str:
    value = text(*aliases, default=default)
    if urlsplit(value).scheme not in schemes:
        expected = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise ConfigurationError(f"{' / '.join(aliases)} must be a URI of the form {expected}")
    return value
