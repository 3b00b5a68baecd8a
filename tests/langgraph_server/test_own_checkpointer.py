"""What langgraph.json says of the checkpointer: whose it is, what it cannot do, what it may bring to life again."""

import asyncio
from collections.abc import Iterator
from io import StringIO
from textwrap import dedent
from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.memory import InMemorySaver

from langgraph_server.checkpoints import own, upkeep
from langgraph_server.checkpoints.backend import open_checkpointer, plan
from langgraph_server.checkpoints.configuration import CheckpointerConfig, Serde, parse
from langgraph_server.checkpoints.errors import CheckpointerCannot, CheckpointerFailed
from langgraph_server.checkpoints.fence import HELD_RUNS
from langgraph_server.checkpoints.serializing import serializer
from langgraph_server.errors import ConfigurationError
from langgraph_server.stores.backend import plan as store_plan
from runs.cancellation import cancel
from runs.models import Run
from tests.factories import make_assistant, make_run
from tests.langgraph_server.conftest import WriteApplication

SAVERS = dedent("""
    from contextlib import asynccontextmanager
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.checkpoint.memory import InMemorySaver

    ready = InMemorySaver()

    @asynccontextmanager
    async def entered():
        yield ready

    class Synchronous(BaseCheckpointSaver):
        def get_tuple(self, config):
            return None

    def failing():
        raise OSError("no disk")

    nothing = 5
""")
STORES = dedent("""
    from langgraph.store.memory import InMemoryStore
    ready, nothing = InMemoryStore(), 5
""")
GRAPH = dedent("""
    from langgraph.graph import START, MessagesState, StateGraph
    g = StateGraph(MessagesState).add_node("n", lambda state: {}).add_edge(START, "n").compile()
""")


@pytest.fixture(autouse=True)
def _forget_plan() -> Iterator[None]:
    forget()
    yield
    forget()


def forget() -> None:
    plan.cache_clear()
    store_plan.cache_clear()


def application(write: WriteApplication, **sections: Any) -> None:
    config = {"graphs": {"echo": "./graphs.py:g"}, **sections}
    write({"savers.py": SAVERS, "graphs.py": GRAPH, "stores.py": STORES}, config=config)


@pytest.mark.parametrize(
    ("document", "config"),
    [
        ({}, CheckpointerConfig()),
        ({"backend": "default", "ttl": {"default_ttl": 5}}, CheckpointerConfig()),
        ({"path": "./a.py:b"}, CheckpointerConfig("./a.py:b")),
        ({"backend": "custom", "path": "./a.py:b"}, CheckpointerConfig("./a.py:b")),
        ({"serde": {"pickle_fallback": True}}, CheckpointerConfig(serde=Serde(pickle_fallback=True))),
        (
            {"serde": {"allowed_json_modules": [["a", "b", "C"]], "allowed_msgpack_modules": True}},
            CheckpointerConfig(serde=Serde(False, (("a", "b", "C"),), True)),
        ),
        (
            {"serde": {"allowed_json_modules": [["a.b", "C"]]}},
            CheckpointerConfig(serde=Serde(False, (("a", "b", "C"),))),
        ),
    ],
)
def test_what_may_be_said(document: Any, config: CheckpointerConfig) -> None:
    assert parse(document) == config


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"path": 5}, "checkpointer.path: must be text"),
        ({"backend": "mongo"}, "checkpointer.backend: 'mongo' is not offered"),
        ({"backend": "custom"}, "checkpointer.path: must name"),
        ({"backend": "default", "path": "./a.py:b"}, "checkpointer.path: checkpointer.backend is default"),
        ({"serde": 5}, "checkpointer.serde: must be an object"),
        ({"serde": {"pickle_fallback": 1}}, "checkpointer.serde.pickle_fallback"),
        ({"serde": {"allowed_json_modules": "a.B"}}, "checkpointer.serde.allowed_json_modules"),
        ({"serde": {"allowed_msgpack_modules": [["B"]]}}, "checkpointer.serde.allowed_msgpack_modules"),
    ],
)
def test_what_may_not(document: Any, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        parse(document)


class Painted:
    def __init__(self, colour: str) -> None:
        self.colour = colour


PATH = ("tests", "langgraph_server", "test_own_checkpointer", "Painted")
PAINTED = orjson.dumps({"lc": 2, "type": "constructor", "id": PATH, "kwargs": {"colour": "red"}})


def test_json_brings_to_life_only_what_is_allowed() -> None:
    assert not isinstance(serializer(Serde()).loads_typed(("json", PAINTED)), Painted)
    assert serializer(Serde(allowed_json_modules=(PATH,))).loads_typed(("json", PAINTED)).colour == "red"


def test_pickles_are_read_and_written_only_if_the_application_asks() -> None:
    value = Painted("red")

    assert serializer(Serde(pickle_fallback=True)).dumps_typed(value)[0] == "pickle"
    with pytest.raises(TypeError):
        serializer(Serde()).dumps_typed(value)


async def test_the_servers_own_is_opened_with_the_configured_serde(write_application: WriteApplication) -> None:
    application(write_application, checkpointer={"serde": {"pickle_fallback": True}})

    async with open_checkpointer("postgresql://nowhere.invalid/", pool_size=1, holds=HELD_RUNS) as saver:
        assert saver.serde.pickle_fallback  # type: ignore[attr-defined]  # the library's serializer has it


@pytest.mark.parametrize("name", ["ready", "entered"])
async def test_the_applications_own_is_opened(write_application: WriteApplication, name: str) -> None:
    application(write_application, checkpointer={"path": f"./savers.py:{name}"})

    async with open_checkpointer("postgresql://nowhere.invalid/", pool_size=1, holds=HELD_RUNS) as saver:
        assert isinstance(saver, InMemorySaver)
        assert await asyncio.to_thread(upkeep.ask, kind_of) == "InMemorySaver"
    assert own.OPENED == {}


async def kind_of(saver: own.OwnSaver) -> str:
    return own.kind(saver)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing", "it makes no BaseCheckpointSaver, but int"),
        ("Synchronous", "Synchronous does not implement aget_tuple, alist, aput, aput_writes"),
        ("failing", "savers.py, line 17: OSError: no disk"),
    ],
)
async def test_what_cannot_serve_stops_the_start(write_application: WriteApplication, name: str, told: str) -> None:
    application(write_application, checkpointer={"path": f"./savers.py:{name}"})

    with pytest.raises(ConfigurationError, match=told):
        async with open_checkpointer("postgresql://nowhere.invalid/", pool_size=1, holds=HELD_RUNS):
            pass


def test_a_prune_that_it_does_not_offer_is_refused(write_application: WriteApplication) -> None:
    application(write_application, checkpointer={"path": "./savers.py:ready"})

    with pytest.raises(CheckpointerCannot, match="InMemorySaver does not implement aprune"):
        upkeep.keep_latest([uuid4()])


@pytest.mark.django_db
def test_a_rollback_that_it_does_not_offer_is_refused_and_a_cancel_is_not(write_application: WriteApplication) -> None:
    application(write_application, checkpointer={"path": "./savers.py:ready"})
    make_assistant()
    run = make_run()

    with pytest.raises(CheckpointerCannot, match="cannot roll back: InMemorySaver does not implement adelete_for_runs"):
        cancel([run.run_id], action="rollback", reason="because")
    assert cancel([run.run_id], action="interrupt", reason="because") == 1
    assert Run.objects.get().status == "interrupted"


def test_its_failures_are_told_as_such(write_application: WriteApplication) -> None:
    application(write_application, checkpointer={"path": "./savers.py:ready"})

    async def fail(saver: own.OwnSaver) -> None:
        raise OSError("no disk")

    with pytest.raises(CheckpointerFailed):
        upkeep.ask(fail)
    assert upkeep.supersteps(uuid4(), uuid4()) == 0


async def test_a_copy_has_the_pending_writes_too() -> None:
    saver, source, target = InMemorySaver(), uuid4(), uuid4()
    checkpoint = {**empty_checkpoint(), "channel_values": {"a": [1]}, "channel_versions": {"a": 1}}
    here = await saver.aput(
        {"configurable": {"thread_id": str(source), "checkpoint_ns": ""}},
        checkpoint,  # type: ignore[arg-type]  # the rest is empty
        {"source": "loop", "step": 0},
        {"a": 1},
    )
    await saver.aput_writes(here, [("a", [2]), ("b", 3)], "task")

    await own.copy(saver, source, target)

    copied = await saver.aget_tuple({"configurable": {"thread_id": str(target)}})
    assert copied
    assert copied.checkpoint["channel_values"] == {"a": [1]}
    assert copied.pending_writes == [("task", "a", [2]), ("task", "b", 3)]


def checked(*arguments: str) -> str:
    said = StringIO()
    call_command("check", *arguments, stdout=said)
    return said.getvalue()


def test_check_tells_whose_store_and_checkpointer_they_are(write_application: WriteApplication) -> None:
    application(write_application)
    assert "store: the server's\ncheckpointer: the server's\n" in checked()


def test_check_tells_what_a_checkpointer_cannot_do(write_application: WriteApplication) -> None:
    application(write_application, checkpointer={"path": "./savers.py:ready"})

    said = checked()

    assert "checkpointer: the application's own, from ./savers.py:ready: InMemorySaver" in said
    assert "  - keep_latest is refused\n" in said


def test_check_tells_what_a_store_cannot_do(write_application: WriteApplication) -> None:
    application(write_application, store={"path": "./stores.py:ready"})

    assert "store: the application's own, from ./stores.py:ready\n  - items cannot have a ttl\n" in checked()


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"checkpointer": {"path": "./savers.py:missing"}}, "has no 'missing'"),
        ({"checkpointer": {"backend": "mongo"}}, "checkpointer.backend"),
        ({"store": {"path": "./lost.py:store"}}, "lost.py does not exist"),
        ({"store": {"index": {"dims": 3, "embed": "nobody:model"}}}, "store.index.embed"),
    ],
)
def test_check_fails_on_what_cannot_be_imported(
    write_application: WriteApplication, sections: dict[str, Any], told: str
) -> None:
    application(write_application, **sections)

    with pytest.raises(SystemCheckError, match=told):
        checked()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sections", [{"checkpointer": {"path": "./savers.py:failing"}}, {"store": {"path": "./stores.py:nothing"}}]
)
def test_check_opens_them_where_the_services_are_asked(
    write_application: WriteApplication, sections: dict[str, Any]
) -> None:
    application(write_application, **sections)
    checked()

    with pytest.raises(SystemCheckError, match=r"no disk|makes no BaseStore"):
        checked("--database", "default")
