"""Who is calling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Principal:
    identity: str
    permissions: tuple[str, ...] = ()
    #: All that authentication told of the user, as graphs see it.
    user: Mapping[str, Any] = field(default_factory=dict)


#: Without authentication everybody is this.
ANONYMOUS = Principal(identity="")
