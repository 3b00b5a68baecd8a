"""A variable: its names, how it is read, and what the reference says of it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, Required, TypedDict, TypeVar, Unpack

from langgraph_server import env

T = TypeVar("T")
#: What a table shows of no default.
NONE = "–"  # noqa: RUF001 - an en dash is what it is to be


class Told(TypedDict, total=False):
    #: One or more sentences of Markdown; links start from docs/reference/.
    effect: Required[str]
    #: Of a number: what it counts, behind it.
    unit: str
    #: The default in words, where the value alone would mislead.
    said: str
    #: The official server's default, where it is another one.
    official: str
    #: Never shown to operators.
    secret: bool


@dataclass(frozen=True, slots=True)
class Variable(Generic[T]):
    #: The first that is set counts.
    names: tuple[str, ...]
    read: Callable[[], T]
    default: str
    effect: str
    official: str = ""
    secret: bool = False

    @property
    def name(self) -> str:
        return self.names[0]


def declared(names: tuple[str, ...], read: Callable[[], T], default: str, told: Told) -> Variable[T]:
    return Variable(
        names, read, told.get("said", default), told["effect"], told.get("official", ""), told.get("secret", False)
    )


def quoted(default: str) -> str:
    return f"`{default}`" if default else NONE


def counted(default: float, minimum: float, told: Told) -> str:
    least = f", minimum {minimum:.15g}" if minimum else ""
    return told.get("said", f"{default:.15g} {told.get('unit', '')}".rstrip()) + least


def text(*names: str, default: str = "", **told: Unpack[Told]) -> Variable[str]:
    return declared(names, partial(env.text, *names, default=default), quoted(default), told)


def boolean(name: str, *, default: bool, **told: Unpack[Told]) -> Variable[bool]:
    return declared((name,), partial(env.boolean, name, default=default), str(default).lower(), told)


def integer(name: str, *, default: int, minimum: int = 0, **told: Unpack[Told]) -> Variable[int]:
    read = partial(env.integer, name, default=default, minimum=minimum)
    return declared((name,), read, "", {**told, "said": counted(default, minimum, told)})


def number(name: str, *, default: float, minimum: float = 0.0, **told: Unpack[Told]) -> Variable[float]:
    read = partial(env.number, name, default=default, minimum=minimum)
    return declared((name,), read, "", {**told, "said": counted(default, minimum, told)})


def names(name: str, *, default: str = "", **told: Unpack[Told]) -> Variable[list[str]]:
    return declared((name,), partial(env.names, name, default=default), quoted(default), told)


def choice(name: str, options: tuple[str, ...], *, default: str, **told: Unpack[Told]) -> Variable[str]:
    return declared((name,), partial(env.choice, name, options, default=default), quoted(default), told)


def uri(*names: str, schemes: tuple[str, ...], default: str, **told: Unpack[Told]) -> Variable[str]:
    return declared(names, partial(env.uri, *names, schemes=schemes, default=default), quoted(default), told)


def rate(name: str, **told: Unpack[Told]) -> Variable[env.Rate | None]:
    return declared((name,), partial(env.rate, name), NONE, told)


def aes_keys(name: str, **told: Unpack[Told]) -> Variable[list[bytes]]:
    return declared((name,), partial(env.aes_keys, name), NONE, {**told, "secret": True})
