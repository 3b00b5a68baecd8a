"""What admission writes: runs with their times, threads made and threads occupied, in one statement."""

from datetime import UTC, datetime, timedelta

import pytest

from runs.insertion import insert
from runs.models import Run
from tests.factories import make_run, make_thread
from threads.models import Thread

pytestmark = pytest.mark.django_db

PAST = datetime(2026, 1, 1, tzinfo=UTC)


def unsaved(thread: Thread) -> Run:
    run = make_run(make_thread())
    return Run(thread=thread, assistant_id=run.assistant_id, graph_id="echo", kwargs={}, metadata={})


def test_an_occupied_thread_is_busy_with_what_it_carries() -> None:
    one, two = make_thread(updated_at=PAST, state_updated_at=PAST), make_thread(values={"said": "hi"})
    one.metadata, one.config = {"a": 1}, {"configurable": {"b": "\0"}}
    runs = [unsaved(one), unsaved(two)]

    insert(runs, made=[], delays={run.run_id: 0.0 for run in runs})

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.status, one.metadata, one.config) == ("busy", {"a": 1}, {"configurable": {"b": ""}})
    assert one.updated_at == one.state_updated_at > PAST
    assert (two.status, two.metadata, two.values) == ("busy", {}, {"said": "hi"})


def test_a_made_thread_has_its_lifetime_and_all_defaults() -> None:
    thread = Thread(temporary=True, ttl_minutes=1.5, ttl_strategy="delete", metadata={"a": 1})
    run = unsaved(thread)

    insert([run], made=[thread], delays={run.run_id: 0.0})

    made = Thread.objects.get(thread_id=thread.thread_id)
    assert (made.status, made.temporary, made.ttl_minutes, made.ttl_strategy) == ("busy", True, 1.5, "delete")
    assert (made.metadata, made.config, made.values, made.interrupts) == ({"a": 1}, {}, None, {})


def test_runs_are_ordered_as_they_were_given_and_due_after_their_delay() -> None:
    runs = [unsaved(make_thread()) for _ in range(3)]

    insert(runs, made=[], delays=dict(zip((run.run_id for run in runs), (0.0, 60.0, 0.0), strict=True)))

    first, delayed, last = (Run.objects.get(run_id=run.run_id) for run in runs)
    assert first.created_at < last.created_at < delayed.created_at
    assert delayed.due_at - first.due_at - timedelta(microseconds=1) == timedelta(seconds=60)
    assert [run.created_at for run in runs] == [first.created_at, delayed.created_at, last.created_at]
    assert (first.status, first.attempt, first.token, first.cancel_action) == ("pending", 0, 0, None)
