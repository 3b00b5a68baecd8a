"""What a reference of the application leads to: the object itself, or a function or context manager that makes it."""

import inspect
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from typing import Any, TypeVar

from langgraph_server.config.importing import account
from langgraph_server.config.loading import server_config
from langgraph_server.errors import ConfigurationError

T = TypeVar("T")


async def opened(found: Any, kind: type[T], stack: AsyncExitStack, *, key: str) -> T:
    """Stays open as long as the stack; `key` is where langgraph.json names it."""
    try:
        made = await entered(found if isinstance(found, kind) or not callable(found) else found(), stack)
    except Exception as error:
        # The application's code: whatever it raises, it cannot be served.
        raise ConfigurationError(f"{key}: {account(error, server_config().root)}") from error
    if not isinstance(made, kind):
        raise ConfigurationError(f"{key}: it makes no {kind.__name__}, but {type(made).__name__}")
    return made


async def entered(made: Any, stack: AsyncExitStack) -> object:
    if inspect.isawaitable(made):
        made = await made
    if isinstance(made, AbstractAsyncContextManager):
        return await stack.enter_async_context(made)
    if isinstance(made, AbstractContextManager):
        return stack.enter_context(made)
    return made
