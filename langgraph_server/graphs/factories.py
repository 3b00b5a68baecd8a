"""Graph factories: recognised at start, called for every use.

A factory runs on the process's one loop, so the clients it caches stay valid. A plain function is called on
that loop and holds it up while it blocks. A synchronous context manager usually exists to open a connection:
it is entered and left in a thread of the loop's executor.
"""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph_sdk.runtime import AccessContext, ServerRuntime, _ExecutionRuntime, _ReadRuntime

from langgraph_server.graphs.contexts import shaped
from langgraph_server.graphs.signatures import Parameters, bind, parameters_of


@dataclass(frozen=True)
class Factory:
    function: Callable[..., Any]
    parameters: Parameters


def recognise(function: Callable[..., Any]) -> Factory:
    return Factory(function, parameters_of(function))


@asynccontextmanager
async def made_by(factory: Factory, config: RunnableConfig, runtime: ServerRuntime[Any]) -> AsyncIterator[object]:
    """What the factory makes, for as long as its context manager, if it is one, stays open.

    Enter and leave it in one task: the managers of the application's clients demand it.
    """
    bound = bind(factory.parameters, {"config": config, "runtime": runtime})
    made = factory.function(*bound.args, **bound.kwargs)
    if inspect.isawaitable(made):
        made = await made
    failure: BaseException | None = None
    async with as_manager(made) as graph:
        try:
            yield graph
        except BaseException as error:
            failure = error
            raise
    # A manager that swallows exceptions must not turn a failed or cancelled run into a finished one.
    if failure is not None:
        raise failure


def runtime_for(
    factory: Factory, access: AccessContext, *, store: object, user: object, context: object
) -> ServerRuntime[Any]:
    shared: dict[str, Any] = {"access_context": access, "store": store, "user": user}
    if access != "threads.create_run":
        return _ReadRuntime(**shared)
    return _ExecutionRuntime(context=shaped(context, factory.parameters.context_schema), **shared)


def as_manager(made: object) -> AbstractAsyncContextManager[object]:
    if isinstance(made, AbstractAsyncContextManager):
        return made
    if isinstance(made, AbstractContextManager):
        return in_a_thread(made)
    return nullcontext(made)


@asynccontextmanager
async def in_a_thread(manager: AbstractContextManager[object]) -> AsyncIterator[object]:
    # Cancelled while it enters, it is never left: a generator's `finally` then runs when it is collected.
    entered = await asyncio.to_thread(manager.__enter__)
    try:
        yield entered
    except BaseException as error:
        if not await asyncio.to_thread(manager.__exit__, type(error), error, error.__traceback__):
            raise
    else:
        await asyncio.to_thread(manager.__exit__, None, None, None)
