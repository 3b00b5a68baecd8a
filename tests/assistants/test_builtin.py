"""The system assistants: one per configured graph."""

from uuid import UUID

import pytest

from assistants import builtin
from assistants.models import Assistant
from langgraph_server.graphs.registry import registry
from tests.factories import make_assistant
from tests.runs.racing import race

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("graph_id", "assistant_id"),
    [("agent", "fe096781-5601-53d2-b2f6-0d3403f7e9ca"), ("chat", "eb6db400-e3c8-5d06-a834-015cb89efe69")],
)
def test_the_id_of_a_graphs_assistant_is_the_same_on_every_server(graph_id: str, assistant_id: str) -> None:
    assert builtin.assistant_id_of(graph_id) == UUID(assistant_id)


def test_every_graph_has_an_assistant() -> None:
    builtin.ensure(registry().specs.values())

    assert {each.graph_id: each.assistant_id for each in Assistant.objects.all()} == {
        graph_id: builtin.assistant_id_of(graph_id) for graph_id in registry().specs
    }
    assert {each.name == each.graph_id for each in Assistant.objects.all()} == {True}
    assert [each.metadata for each in Assistant.objects.all()[:1]] == [{"created_by": "system"}]


def test_an_assistant_that_is_there_stays_as_it_is() -> None:
    make_assistant("echo", name="Mine", config={"tags": ["a"]}, version=3)

    builtin.ensure(registry().specs.values())

    mine = Assistant.objects.get(graph_id="echo")
    assert (mine.name, mine.config, mine.version) == ("Mine", {"tags": ["a"]}, 3)


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_make_each_assistant_once() -> None:
    race(*[lambda: builtin.ensure(registry().specs.values())] * 8)

    assert Assistant.objects.count() == len(registry().specs)
