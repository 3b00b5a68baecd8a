"""Assistants in the admin."""

from uuid import uuid4

import pytest
from django.test import Client

from assistants import lifecycle
from assistants.models import Assistant
from assistants.versions import record, set_latest
from tests.factories import make_assistant
from tests.support.admin import no_static_folder, staff_client, statements, text

pytestmark = [pytest.mark.django_db, no_static_folder]

LIST = "/admin/assistants/assistant/"


def test_the_list_tells_who_made_an_assistant(admin_client: Client) -> None:
    make_assistant("echo", metadata={"created_by": "system"})
    make_assistant("echo", assistant_id=uuid4(), name="Mine")

    assert "Mine" not in text(admin_client.get(LIST, {"made_by": "system"}))
    assert "Mine" in text(admin_client.get(LIST, {"made_by": "clients"}))
    assert "Mine" in text(admin_client.get(LIST, {"graph": "echo"}))


@pytest.mark.parametrize(
    ("term", "found"),
    [("echo", True), ("speak", True), ("peak", False), ("team=red", True), ("team=blue", False), ("x", False)],
)
def test_an_assistant_is_found_by_graph_name_and_metadata(admin_client: Client, term: str, found: bool) -> None:
    assistant = make_assistant("echo", name="Speaker", metadata={"team": "red"})

    assert (str(assistant.assistant_id) in text(admin_client.get(LIST, {"q": term}))) is found


def test_an_assistant_is_found_by_its_id(admin_client: Client) -> None:
    assistant = make_assistant()

    assert "1 assistant\n" in text(admin_client.get(LIST, {"q": str(assistant.assistant_id)}))
    assert "0 assistants" in text(admin_client.get(LIST, {"q": str(uuid4())}))


def test_its_page_shows_the_documents_escaped(admin_client: Client) -> None:
    assistant = make_assistant(name="<script>x", config={"configurable": {"prompt": "<script>alert(1)</script>"}})

    for address in (LIST, f"{LIST}{assistant.assistant_id}/change/"):
        shown = text(admin_client.get(address))
        assert "<script>x" not in shown
        assert "<script>alert" not in shown


def test_its_page_shows_the_last_twenty_versions(admin_client: Client) -> None:
    assistant = make_assistant()
    for n in range(22):
        lifecycle.update(assistant.assistant_id, {"name": f"<b>called {n}!"})

    shown = text(admin_client.get(f"{LIST}{assistant.assistant_id}/change/"))

    assert "&lt;b&gt;called 21!" in shown
    assert "&lt;b&gt;called 2!" in shown
    assert "called 1!" not in shown


def test_the_list_asks_the_same_few_questions_however_many_assistants_there_are(admin_client: Client) -> None:
    make_assistant()
    few = statements(lambda: admin_client.get(LIST))
    for _ in range(20):
        make_assistant(assistant_id=uuid4())

    assert len(statements(lambda: admin_client.get(LIST))) == len(few)


def test_assistants_are_for_reading(admin_client: Client) -> None:
    assistant = make_assistant()

    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.get(f"{LIST}{assistant.assistant_id}/delete/").status_code == 403
    assert admin_client.post(f"{LIST}{assistant.assistant_id}/change/", {"name": "x"}).status_code == 403
    assert staff_client().get(LIST).status_code == 403


def compare(client: Client, assistant: Assistant, **pair: int | str) -> str:
    return text(client.get(f"{LIST}{assistant.assistant_id}/versions/", pair))


def versioned() -> Assistant:
    """Of three versions; the second is in use."""
    assistant = make_assistant(name="One", config={"configurable": {"model": "small", "tags": ["a"]}})
    record([assistant])
    lifecycle.update(assistant.assistant_id, {"name": "Two"})
    lifecycle.update(assistant.assistant_id, {"config": {"configurable": {"model": "<b>large", "tags": ["a", "b"]}}})
    set_latest(assistant.assistant_id, 2)
    return assistant


def test_the_newest_version_is_compared_with_the_one_before_it(admin_client: Client) -> None:
    shown = compare(admin_client, versioned())

    changed = shown.partition("The whole versions")[0]
    assert "Version 2" in changed
    assert "Version 3" in changed
    assert "<code>config.configurable.model</code><br><small>changed" in changed
    assert "<code>config.configurable.tags[1]</code><br><small>added" in changed
    assert "&lt;b&gt;large" in changed
    assert "<code>name</code>" not in changed
    assert "Version 2 (in use)" in shown


def test_any_two_versions_can_be_compared(admin_client: Client) -> None:
    changed = compare(admin_client, versioned(), before=1, after=2).partition("The whole versions")[0]

    assert "<code>name</code><br><small>changed" in changed
    assert "configurable" not in changed


@pytest.mark.parametrize("pair", [{"before": "x"}, {"after": 9}, {"before": 0}, {"before": 10**12}])
def test_a_version_that_is_not_there_is_said_to_be_missing(admin_client: Client, pair: dict[str, int | str]) -> None:
    shown = compare(admin_client, versioned(), **pair)

    assert "What changed" not in shown
    assert "errornote" in shown or "errorlist" in shown


def test_an_assistant_of_one_version_has_changed_nothing(admin_client: Client) -> None:
    assistant = make_assistant()
    record([assistant])

    assert "<p>Nothing.</p>" in compare(admin_client, assistant)


def test_versions_are_compared_by_those_who_may_see_assistants(admin_client: Client) -> None:
    assistant = make_assistant()

    assert staff_client().get(f"{LIST}{assistant.assistant_id}/versions/").status_code == 403
    assert admin_client.get(f"{LIST}{uuid4()}/versions/").status_code == 404


def test_the_graph_of_an_assistant_is_drawn(admin_client: Client) -> None:
    drawn, gone = make_assistant("nested"), make_assistant("gone")

    assert ">__start__</text>" in text(admin_client.get(f"{LIST}{drawn.assistant_id}/graph/"))
    assert "It cannot be drawn here" in text(admin_client.get(f"{LIST}{gone.assistant_id}/graph/"))
    assert staff_client().get(f"{LIST}{drawn.assistant_id}/graph/").status_code == 403
