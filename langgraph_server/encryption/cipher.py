"""What encrypts for this process: the built-in keys, or the application's handlers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from langgraph_server.encryption.keys import Keyring

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document belongs, in the words that handlers are told."""

    model: str
    #: Empty for a whole row, whose documents are each a field.
    field: str = ""

    def inside(self, key: object) -> "Place":
        return self if self.field else Place(self.model, str(key))


class Cipher(Protocol):
    #: Ends the type of a blob that it has encrypted.
    suffix: str
    #: Whether the application's code runs, which has to be waited for on the process's loop.
    is_foreign: bool

    @property
    def seals_blobs(self) -> bool:
        """Else they are stored as they are."""
        ...

    async def seal_blob(self, place: Place, plain: bytes) -> bytes: ...

    async def open_blob(self, place: Place, sealed: bytes) -> bytes: ...

    async def seal_content(self, place: Place, value: Any) -> Any:
        """Nothing of it stays readable, unless handlers leave it so; nobody searches in it."""
        ...

    async def seal_values(self, place: Place, document: Json) -> dict[str, Any]:
        """The keys stay, so that documents can be merged."""
        ...

    async def seal_searched(self, place: Place, document: Json) -> dict[str, Any]:
        """The keys stay, and all values that are not asked to be encrypted."""
        ...

    async def open_values(self, place: Place, context: Json, values: dict[str, Any]) -> dict[str, Any]: ...

    async def aside(self) -> dict[str, Any]:
        """For a run that is asked for now: what its worker and followers need to know."""
        ...

    async def keyring(self, aside: Json) -> Keyring | None:
        """For the events of the run that was told this; None: they are not encrypted."""
        ...
