"""How soon a run is claimed: what the application's function says, and that nothing is lost when it cannot say it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langgraph_sdk import PriorityContext, PrioritySettings

from crons import firing
from langgraph_server.auth.principal import Principal, principal_of
from langgraph_server.config.document import GraphSpec, ServerConfig
from langgraph_server.errors import ConfigurationError
from runs import admission, priority
from runs.models import Run
from tests.crons.making import make_cron
from tests.factories import make_assistant, make_request, make_run, make_thread
from tests.runs.conftest import Claim
from threads.models import Thread

GRAPHS = Path(__file__).parents[1] / "graphs"
CONFIG = ServerConfig(root=GRAPHS, graphs={"echo": GraphSpec("echo", "./echo.py:graph")})


class Deciding:
    """An application's function, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[PriorityContext] = []
        self.answer: Any = None

    async def __call__(self, context: PriorityContext) -> PrioritySettings | None:
        self.asked.append(context)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer == "never":
            await asyncio.sleep(60)
        return self.answer  # type: ignore[no-any-return]  # whatever an application may come up with


@pytest.fixture
def deciding(monkeypatch: pytest.MonkeyPatch) -> Deciding:
    make_assistant(metadata={"of": "assistant"})
    function = Deciding()
    monkeypatch.setattr(priority, "assign", lambda: function)
    return function


def admitted(**fields: Any) -> Run:
    [run] = admission.admit([make_request(**fields)])
    assert isinstance(run, Run)
    return Run.objects.select_related("thread").get(run_id=run.run_id)


@pytest.mark.django_db
def test_urgent_runs_are_claimed_before_older_ones(claim: Claim) -> None:
    runs = [make_run(priority=level) for level in (5, 0, -5, 0)]

    claimed = [claim(limit=1)[0].run_id for _ in runs]

    assert claimed == [runs[place].run_id for place in (2, 1, 3, 0)]


@pytest.mark.django_db
def test_a_thread_keeps_its_order_whatever_is_urgent(claim: Claim) -> None:
    thread = make_thread(status="busy")
    first, _ = make_run(thread, priority=5), make_run(thread, priority=-5)

    assert [taken.run_id for taken in claim()] == [first.run_id]


@pytest.mark.django_db
def test_the_first_run_of_a_thread_decides_for_all_of_them(deciding: Deciding) -> None:
    thread = make_thread(metadata={"of": "thread"})
    caller = principal_of({"identity": "ann", "permissions": ["premium"], "org": "o1"}) or Principal(identity="")
    deciding.answer = {"priority": -3, "fairness_group": "o1"}

    first = admitted(thread=thread, caller=caller, metadata={"of": "run"})
    deciding.answer = {"priority": 4}
    second = admitted(thread=thread)

    assert [first.priority, second.priority, second.thread.priority] == [-3, -3, -3]
    [context] = deciding.asked
    assert (context.user["org"], context.permissions, context.cron_id) == ("o1", ("premium",), None)
    assert (context.thread_id, context.thread_metadata) == (str(thread.thread_id), {"of": "thread"})
    assert (context.graph_id, context.assistant_metadata) == ("echo", {"of": "assistant"})
    assert (context.assistant_id, context.run_metadata) == (str(first.assistant_id), {"of": "run"})


@pytest.mark.django_db
def test_a_thread_that_is_made_for_a_run_gets_its_priority(deciding: Deciding) -> None:
    deciding.answer = {"priority": 2}

    run = admitted(metadata={"of": "run"})

    assert (run.priority, run.thread.priority) == (2, 2)
    [context] = deciding.asked
    assert (context.thread_id, context.thread_metadata, context.user.identity) == (None, {"of": "run"}, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("no"),
        {"priority": 6},
        {"priority": True},
        {"priority": "1"},
        {"fairness_group": "g" * 257},
        "neither",
        "never",
    ],
)
def test_a_function_that_fails_costs_the_run_its_place_and_is_asked_again(
    deciding: Deciding, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr(priority, "PATIENCE", 0.05)
    thread = make_thread()
    deciding.answer = answer

    assert admitted(thread=thread).priority == 0
    assert Thread.objects.get().priority is None

    deciding.answer = None
    assert admitted(thread=thread).priority == 0
    assert Thread.objects.get().priority == 0


@pytest.mark.django_db
def test_a_cron_is_known_to_the_function(deciding: Deciding) -> None:
    cron = make_cron()
    deciding.answer = {"priority": 5}

    assert firing.fire_due() == 1

    assert Run.objects.get().priority == 5
    assert [context.cron_id for context in deciding.asked] == [str(cron.cron_id)]


@pytest.fixture
def _asked_anew() -> Iterator[None]:
    priority.assign.cache_clear()
    yield
    priority.assign.cache_clear()


@pytest.mark.filterwarnings("ignore:The Priority API is in beta")
@pytest.mark.usefixtures("_asked_anew")
@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("./guard.py:auth", "is no langgraph_sdk.Priority, but Auth"),
        ("./urgency.py:idle", "has no function under @priority.assign"),
        ("./urgency.py:missing", "has no 'missing'"),
    ],
)
def test_what_cannot_decide_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, path: str, told: str) -> None:
    monkeypatch.setattr(priority, "server_config", lambda: replace(CONFIG, priority={"path": path}))

    with pytest.raises(ConfigurationError, match=told):
        priority.assign()
