"""A request that begins: what the application's handlers are told of it, for all that is encrypted because of it."""

from langgraph_server.auth import loop
from langgraph_server.auth.principal import Principal
from langgraph_server.encryption.application import ApplicationCipher
from langgraph_server.encryption.backend import cipher
from langgraph_server.encryption.context import CURRENT, of_header


async def begin(principal: Principal, header: str | None) -> None:
    """On the loop, once it is known who asks."""
    if isinstance(chosen := cipher(), ApplicationCipher):
        CURRENT.set(await chosen.context(principal, of_header(header)))


def begin_here(principal: Principal, header: str | None) -> None:
    """The same on a thread, which serves others later: each of their requests begins anew."""
    if isinstance(chosen := cipher(), ApplicationCipher):
        CURRENT.set(loop.wait(chosen.context(principal, of_header(header))))
