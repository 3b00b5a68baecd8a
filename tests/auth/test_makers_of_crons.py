"""A cron's runs act for who made it, and reach no further than they did."""

import pytest

from crons import firing, lifecycle
from crons.models import Cron
from langgraph_server.auth.filters import Filter
from langgraph_server.auth.principal import principal_of
from runs.models import Run
from tests.factories import make_assistant, make_thread
from threads.models import Thread

pytestmark = pytest.mark.django_db

ALICE = principal_of({"identity": "alice", "permissions": ["p"], "team": "red"})
HERS = {"owner": "alice"}
BODY = {"assistant_id": "echo", "schedule": "@daily", "metadata": HERS}


@pytest.fixture(autouse=True)
def _assistant() -> None:
    make_assistant()


def make_cron(thread: Thread | None = None, **body: object) -> Cron:
    assert ALICE
    thread_id = thread.thread_id if thread else None
    return lifecycle.create({**BODY, **body}, thread_id=thread_id, maker=ALICE, visible=Filter(HERS))


@pytest.mark.parametrize("completed", ["delete", "keep"])
def test_a_firing_acts_for_the_crons_maker(completed: str) -> None:
    fired = firing.fire_now(make_cron(on_run_completed=completed))
    assert fired
    assert fired.run_id
    run = Run.objects.select_related("thread").get(run_id=fired.run_id)
    configurable = run.kwargs["config"]["configurable"]

    assert configurable["langgraph_auth_user"]["team"] == "red"
    assert configurable["langgraph_auth_user_id"] == configurable["user_id"] == "alice"
    assert configurable["langgraph_auth_permissions"] == ["p"]
    assert run.thread.metadata["owner"] == "alice"
    assert Run.objects.visible(Filter(HERS)).get() == run


def test_a_thread_that_the_maker_may_not_see_any_more_is_left_alone() -> None:
    thread = make_thread(metadata=HERS)
    cron = make_cron(thread)
    Thread.objects.update(metadata={"owner": "bob"})
    fired = firing.fire_now(cron)

    assert fired
    assert (fired.run_id, fired.reason) == (None, "Thread or assistant not found.")


def test_an_assistant_that_the_maker_may_not_see_any_more_is_not_run() -> None:
    assistant = make_assistant(assistant_id="6d1a4d4e-1c1f-4d4f-8d0e-0f6f0f6f0f6f", metadata=HERS)
    cron = make_cron(assistant_id=str(assistant.assistant_id))
    type(assistant).objects.update(metadata={"owner": "bob"})
    fired = firing.fire_now(cron)

    assert fired
    assert fired.run_id is None
