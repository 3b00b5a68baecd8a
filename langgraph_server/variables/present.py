"""What a variable is now, and where it was set, as operators may see it."""

import re
from dataclasses import dataclass
from typing import Any

from langgraph_server import env
from langgraph_server.variables.variable import Variable

#: Of a URI: what follows the account's name, and what libpq takes as a parameter.
PASSWORDS = re.compile(r"(//[^/:@]*:)[^/]*(?=@)|(password=)[^&]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Present:
    name: str
    value: str
    #: Empty: nowhere, and so it is the default.
    source: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value}" + (f"  [{self.source}]" if self.source else "")


def present(variable: Variable[Any]) -> Present:
    given = env.given(*variable.names)
    if given is None:
        return Present(variable.name, variable.default.replace("`", ""), "")
    shown = f"set, {len(given.value)} characters" if variable.secret else PASSWORDS.sub(r"\1\2…", given.value)
    return Present(given.name, shown, given.source)
