"""Graph factories: which signatures are understood, and what each is called with."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.store.memory import InMemoryStore
from langgraph_sdk.auth.types import BaseUser
from langgraph_sdk.runtime import AccessContext, ServerRuntime

from langgraph_server.errors import ConfigurationError
from langgraph_server.graphs.factories import made_by, recognise, runtime_for

if TYPE_CHECKING:
    from langgraph_sdk import runtime as sdk

CONFIG: RunnableConfig = {"configurable": {"tone": "kind"}}
STORE = InMemoryStore()
ALICE = cast(BaseUser, object())


@dataclass
class Context:
    endpoint: str


async def made(
    function: Callable[..., Any], access: AccessContext = "threads.create_run", context: object = None
) -> Any:
    factory = recognise(function)
    runtime = runtime_for(factory, access, store=STORE, user=ALICE, context=context)
    async with made_by(factory, CONFIG, runtime) as made:
        return made


def positional_only(config: RunnableConfig, /) -> RunnableConfig:
    return config


def optional(config: RunnableConfig | None = None, model: str = "small") -> object:
    return config


def plain_mapping(config: dict[str, Any]) -> object:
    return config


def unevaluable(config: "RunnableConfig", runtime: "sdk.ServerRuntime[Context]") -> object:
    return config


@pytest.mark.parametrize("function", [lambda anything: anything, positional_only, optional, plain_mapping, unevaluable])
async def test_a_config_is_given_to_whom_it_is_meant_for(function: Callable[..., Any]) -> None:
    assert await made(function) is CONFIG


async def test_a_factory_may_want_nothing() -> None:
    assert await made(lambda: "graph") == "graph"


async def test_a_runtime_knows_who_asks_and_why() -> None:
    def factory(runtime: ServerRuntime) -> object:  # type: ignore[type-arg]
        return runtime

    runtime = await made(factory, "threads.read")

    assert (runtime.access_context, runtime.store, runtime.user) == ("threads.read", STORE, ALICE)


async def test_runtime_and_config_come_in_any_order() -> None:
    def factory(*, rt: ServerRuntime[Context] | None, cfg: RunnableConfig, **_: object) -> object:
        return rt, cfg

    runtime, config = await made(factory)

    assert runtime.access_context == "threads.create_run"
    assert config is CONFIG


@pytest.mark.parametrize("access", ["threads.read", "threads.update", "assistants.read"])
async def test_only_runs_have_an_execution_part(access: AccessContext) -> None:
    def factory(runtime: ServerRuntime[Context]) -> object:
        return runtime.execution_runtime

    assert await made(factory, access) is None
    assert await made(factory) is not None


async def test_the_context_has_the_declared_shape() -> None:
    def factory(runtime: ServerRuntime[Context]) -> object:
        assert runtime.execution_runtime
        return runtime.execution_runtime.context

    assert await made(factory, context={"endpoint": "here"}) == Context("here")


async def test_a_context_without_declared_shape_stays_as_it_came() -> None:
    def factory(runtime: ServerRuntime[Any]) -> object:
        assert runtime.execution_runtime
        return runtime.execution_runtime.context

    assert await made(factory, context={"endpoint": "here"}) == {"endpoint": "here"}


def a_stranger_beside_a_config(config: RunnableConfig, model: str) -> object:
    return config, model


def one_of_another_type(store: InMemoryStore) -> object:
    return store


@pytest.mark.parametrize("function", [lambda one, two: None, a_stranger_beside_a_config, one_of_another_type])
def test_other_required_parameters_are_refused(function: Callable[..., Any]) -> None:
    complaint = (
        rf"Graph factory {function.__name__}\(.+ "
        "can only accept arguments of type ServerRuntime and/or RunnableConfig"
    )
    with pytest.raises(ConfigurationError, match=complaint):
        recognise(function)


async def test_a_coroutine_function_is_awaited() -> None:
    async def factory(config: RunnableConfig) -> object:
        await asyncio.sleep(0)
        return config

    assert await made(factory) is CONFIG


async def test_a_plain_function_runs_on_the_loop() -> None:
    assert await made(lambda: asyncio.get_running_loop()) is asyncio.get_running_loop()


async def test_an_asynchronous_manager_stays_open_while_its_graph_is_used() -> None:
    told: list[str] = []

    @contextlib.asynccontextmanager
    async def manager(config: RunnableConfig) -> AsyncIterator[object]:
        told.append("open")
        yield config
        told.append("closed")

    factory = recognise(manager)
    runtime = runtime_for(factory, "threads.read", store=STORE, user=None, context=None)
    async with made_by(factory, CONFIG, runtime) as config:
        assert config is CONFIG
        assert told == ["open"]
    assert told == ["open", "closed"]


async def test_a_synchronous_manager_does_not_hold_up_the_loop() -> None:
    threads: list[threading.Thread] = []

    @contextlib.contextmanager
    def manager() -> Iterator[object]:
        threads.append(threading.current_thread())
        yield "graph"
        threads.append(threading.current_thread())

    assert await made(manager) == "graph"
    assert len(threads) == 2
    assert threading.main_thread() not in threads


@contextlib.contextmanager
def swallowing() -> Iterator[str]:
    with contextlib.suppress(BaseException):
        yield "graph"


@contextlib.asynccontextmanager
async def swallowing_asynchronously() -> AsyncIterator[str]:
    with contextlib.suppress(BaseException):
        yield "graph"


@pytest.mark.parametrize("manager", [swallowing, swallowing_asynchronously])
@pytest.mark.parametrize("failure", [ValueError, asyncio.CancelledError])
async def test_a_manager_cannot_swallow_the_failure_of_a_run(
    manager: Callable[..., Any], failure: type[BaseException]
) -> None:
    factory = recognise(manager)
    runtime = runtime_for(factory, "threads.create_run", store=STORE, user=None, context=None)

    with pytest.raises(failure):
        async with made_by(factory, CONFIG, runtime):
            raise failure


async def test_a_synchronous_manager_learns_of_the_failure() -> None:
    learnt: list[BaseException] = []

    @contextlib.contextmanager
    def manager() -> Iterator[str]:
        try:
            yield "graph"
        except ValueError as error:
            learnt.append(error)
            raise

    factory = recognise(manager)
    runtime = runtime_for(factory, "threads.create_run", store=STORE, user=None, context=None)
    with pytest.raises(ValueError, match="late"):
        async with made_by(factory, CONFIG, runtime):
            raise ValueError("late")
    assert len(learnt) == 1


async def test_a_factory_may_be_an_object_that_can_be_called() -> None:
    class Maker:
        def __call__(self, config: RunnableConfig) -> object:
            return config

    assert await made(Maker()) is CONFIG
