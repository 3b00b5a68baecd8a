"""Assistants change, go back to what they were, and go, whoever else is at it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from assistants import builtin, lifecycle, versions
from assistants.errors import AssistantExists, AssistantGone, AssistantNotFound, VersionNotFound
from assistants.models import Assistant, AssistantVersion
from langgraph_server.errors import DomainError
from langgraph_server.graphs.registry import GraphNotFound, registry
from runs import assistants
from runs.models import Run
from tests.factories import make_assistant, make_run, make_thread
from tests.runs.racing import race
from threads.models import Thread

pytestmark = pytest.mark.django_db
racing = pytest.mark.django_db(transaction=True)


def create(**fields: Any) -> Assistant:
    given = {"assistant_id": None, "graph_id": "echo", "config": {}, "context": {}, "metadata": {}, **fields}
    return lifecycle.create(**given)


def numbers(assistant_id: UUID) -> list[int]:
    found = AssistantVersion.objects.filter(assistant_id=assistant_id)
    return list(found.order_by("version").values_list("version", flat=True))


def test_a_new_assistant_is_its_own_first_version() -> None:
    assistant = create(name="one", config={"tags": ["a"]}, metadata={"a": 1})

    version = AssistantVersion.objects.get()
    assert (version.assistant_id, version.version) == (assistant.assistant_id, 1)
    assert (version.name, version.config, version.metadata) == ("one", {"tags": ["a"]}, {"a": 1})
    assert version.created_at == assistant.created_at == assistant.updated_at


def test_an_assistant_of_an_unknown_graph_is_refused() -> None:
    with pytest.raises(GraphNotFound):
        create(graph_id="nope")


def test_reserved_metadata_of_the_config_disappears() -> None:
    assert create(config={"metadata": {"run_id": "forged", "own": 1}}).config == {"metadata": {"own": 1}}


def test_going_back_restores_everything() -> None:
    key = create(name="one", context={"c": 1}, metadata={"a": 1}, description="d").assistant_id
    changes = {"graph_id": "chat", "name": "two", "context": {"c": 2}, "metadata": {"a": 2, "b": 1}, "description": ""}
    lifecycle.update(key, changes)

    back = versions.set_latest(key, 1)

    assert (back.version, back.graph_id, back.name, back.description) == (1, "echo", "one", "d")
    assert (back.context, back.config, back.metadata) == ({"c": 1}, {"configurable": {"c": 1}}, {"a": 1})
    assert numbers(key) == [1, 2]
    assert lifecycle.update(key, {}).version == 3


def test_a_version_that_never_was_cannot_be_taken() -> None:
    key = create().assistant_id

    with pytest.raises(VersionNotFound):
        versions.set_latest(key, 2)
    with pytest.raises(AssistantNotFound):
        versions.set_latest(uuid4(), 1)


def test_system_assistants_have_a_first_version_once() -> None:
    make_assistant("echo", name="Mine", version=1)
    for _ in range(2):
        builtin.ensure(registry().specs.values())

    assert AssistantVersion.objects.count() == Assistant.objects.count() == len(registry().specs)
    assert AssistantVersion.objects.get(graph_id="echo").name == "Mine"


def test_a_deleted_assistant_takes_its_versions_along_and_leaves_threads() -> None:
    key = create().assistant_id
    thread = make_thread(metadata={"assistant_id": str(key)})

    lifecycle.delete(key, delete_threads=False)

    assert not AssistantVersion.objects.exists()
    assert list(Thread.objects.all()) == [thread]
    with pytest.raises(AssistantGone, match=f"Assistant with ID {key} not found"):
        lifecycle.delete(key, delete_threads=False)


def test_threads_go_with_it_if_that_is_wished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "BATCH", 2)
    key = create().assistant_id
    for _ in range(5):
        make_thread(metadata={"assistant_id": str(key), "more": 1})
    other = make_thread(metadata={"assistant_id": str(uuid4())})

    lifecycle.delete(key, delete_threads=True)

    assert list(Thread.objects.all()) == [other]


def test_deleting_cancels_what_runs_for_it() -> None:
    key, others = create().assistant_id, create().assistant_id
    pending, running = make_run(assistant_id=key), make_run(assistant_id=key, status="running")
    ended, other = make_run(assistant_id=key, status="success"), make_run(assistant_id=others)

    assistants.delete(key, delete_threads=False)

    statuses = {run.run_id: (run.status, run.cancel_action) for run in Run.objects.all()}
    assert statuses[pending.run_id][0] == "interrupted"
    assert statuses[running.run_id] == ("running", "interrupt")
    assert statuses[ended.run_id] == ("success", None)
    assert statuses[other.run_id] == ("pending", None)


def attempt(move: Any) -> Any:
    try:
        return move()
    except DomainError as refusal:
        return refusal


@racing
def test_changes_that_meet_make_a_version_each() -> None:
    for _ in range(5):
        key = create().assistant_id
        made = race(*[lambda: lifecycle.update(key, {"metadata": {}}).version] * 6)  # noqa: B023 - ends in the round

        assert sorted(made) == [2, 3, 4, 5, 6, 7]
        assert numbers(key) == [1, 2, 3, 4, 5, 6, 7]


@racing
@pytest.mark.parametrize(("if_exists", "made"), [("raise", 1), ("do_nothing", 6)])
def test_many_who_want_the_same_assistant_get_one(if_exists: str, made: int) -> None:
    for _ in range(5):
        key = uuid4()
        answers = race(*[lambda: attempt(lambda: create(assistant_id=key, if_exists=if_exists))] * 6)  # noqa: B023

        assert sum(isinstance(answer, Assistant) for answer in answers) == made
        assert all(isinstance(answer, Assistant | AssistantExists) for answer in answers)
        assert numbers(key) == [1]


@racing
def test_a_change_that_meets_a_deletion_leaves_nothing_behind() -> None:
    for _ in range(10):
        key = create().assistant_id
        race(
            lambda: attempt(lambda: lifecycle.update(key, {"name": "x"})),  # noqa: B023 - ends in the round
            lambda: attempt(lambda: lifecycle.delete(key, delete_threads=True)),  # noqa: B023
            lambda: attempt(lambda: versions.set_latest(key, 1)),  # noqa: B023
        )

        assert not Assistant.objects.exists()
        assert not AssistantVersion.objects.exists()


@racing
def test_processes_that_start_together_record_each_version_once() -> None:
    race(*[lambda: builtin.ensure(registry().specs.values())] * 6)

    assert AssistantVersion.objects.count() == len(registry().specs)
