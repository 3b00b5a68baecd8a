"""What a cron keeps of its body, and what a change changes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils.timezone import now

from crons import lifecycle
from crons.errors import (
    AssistantNotFound,
    CronNotFound,
    CronToUpdateNotFound,
    InvalidEndTime,
    InvalidSchedule,
    NothingToUpdate,
    ThreadGone,
)
from crons.models import Cron, CronFiring
from langgraph_server.auth.principal import Principal
from langgraph_server.configurations import ContextAndConfigurable
from runs import assistants
from tests.crons.making import HOUR, make_cron
from tests.factories import make_assistant, make_thread
from threads.lifecycle import delete_rows

pytestmark = pytest.mark.django_db

ALICE = Principal(identity="alice")


@pytest.fixture(autouse=True)
def _assistant() -> None:
    make_assistant()


def create(**body: Any) -> Cron:
    wanted = {"assistant_id": "echo", "schedule": "0 9 * * *", **body}
    return lifecycle.create(wanted, thread_id=None, maker=ALICE)


def test_a_cron_keeps_its_body_with_ids_resolved_and_reserved_keys_gone() -> None:
    cron = create(
        input={"said": "hi"},
        metadata={"team": "a", "run_id": "x"},
        config={"tags": ["t"], "configurable": {"tone": "dry", "langgraph_auth_user": "eve"}},
    )

    assert cron.metadata == {"team": "a"}
    assert (cron.user_id, cron.on_run_completed, cron.enabled) == ("alice", "delete", True)
    assert cron.payload == {
        "assistant_id": str(cron.assistant_id),
        "schedule": "0 9 * * *",
        "input": {"said": "hi"},
        "metadata": {"team": "a"},
        "config": {"tags": ["t"], "configurable": {"tone": "dry", "cron_id": str(cron.cron_id)}},
    }


def test_the_next_date_is_in_the_zone_asked_for() -> None:
    cron = create(timezone="Asia/Kolkata")

    assert cron.next_run_date
    assert (cron.next_run_date.hour, cron.next_run_date.minute) == (3, 30)


@pytest.mark.parametrize(
    ("end_time", "end_at"),
    [
        ("2030-01-01T00:00:00Z", datetime(2030, 1, 1, tzinfo=UTC)),
        ("2030-01-01T02:00:00+02:00", datetime(2030, 1, 1, tzinfo=UTC)),
        ("2030-01-01T00:00:00", datetime(2030, 1, 1, tzinfo=UTC)),
        ("2030-01-01", datetime(2030, 1, 1, tzinfo=UTC)),
        ("2001-01-01T00:00:00Z", datetime(2001, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_end_is_kept_as_it_was_written(end_time: str, end_at: datetime) -> None:
    cron = create(end_time=end_time)

    assert (cron.end_time, cron.end_at) == (end_time, end_at)


@pytest.mark.parametrize(
    "end_time", ["", "tomorrow", "2030-13-01", "2030-02-30T00:00:00Z", "9999-12-31T23:59:59-12:00"]
)
def test_an_end_that_is_no_date_is_refused(end_time: str) -> None:
    with pytest.raises(InvalidEndTime):
        create(end_time=end_time)


def test_refusals() -> None:
    with pytest.raises(InvalidSchedule):
        create(schedule="bogus")
    with pytest.raises(AssistantNotFound, match="Assistant 'nope' not found"):
        create(assistant_id="nope")
    with pytest.raises(AssistantNotFound):
        create(assistant_id=str(uuid4()))
    with pytest.raises(ContextAndConfigurable):
        create(context={"a": 1}, config={"configurable": {"b": 1}})
    with pytest.raises(ThreadGone):
        lifecycle.create({"assistant_id": "echo", "schedule": "@daily"}, thread_id=uuid4())
    assert not Cron.objects.exists()


def test_a_cron_of_a_thread_has_nothing_to_do_on_completion() -> None:
    thread = make_thread()

    cron = lifecycle.create({"assistant_id": "echo", "schedule": "@daily"}, thread_id=thread.thread_id)

    assert (cron.thread_id, cron.on_run_completed) == (thread.thread_id, None)


def test_a_change_of_the_schedule_or_zone_makes_another_next_date() -> None:
    cron = create()

    changed = lifecycle.update(cron.cron_id, {"schedule": "30 9 * * *"})

    assert changed.next_run_date
    assert changed.next_run_date.minute == 30
    assert changed.payload["schedule"] == "30 9 * * *"
    moved = lifecycle.update(cron.cron_id, {"timezone": "Asia/Kolkata"})
    assert moved.next_run_date
    assert moved.next_run_date.minute == 0
    assert moved.updated_at > cron.updated_at


def test_metadata_merges_in_the_cron_and_is_replaced_in_its_payload() -> None:
    cron = create(metadata={"a": 1})

    changed = lifecycle.update(cron.cron_id, {"metadata": {"b": 2}, "whatever": 3, "assistant_id": "x"})

    assert changed.metadata == {"a": 1, "b": 2}
    assert (changed.payload["metadata"], changed.payload["whatever"]) == ({"b": 2}, 3)
    assert changed.payload["assistant_id"] == str(cron.assistant_id)


def test_a_new_config_keeps_the_cron_s_id() -> None:
    cron = create(config={"configurable": {"a": 1}})

    changed = lifecycle.update(cron.cron_id, {"config": {"tags": ["t"]}})

    assert changed.payload["config"] == {"tags": ["t"], "configurable": {"cron_id": str(cron.cron_id)}}


def test_an_end_can_be_taken_back_and_wakes_a_cron_that_had_ended() -> None:
    cron = make_cron(end_time="2001-01-01", end_at=now() - HOUR, next_run_date=None)

    changed = lifecycle.update(cron.cron_id, {"end_time": None})

    assert (changed.end_time, changed.end_at) == (None, None)
    assert changed.next_run_date


def test_what_fell_due_while_it_was_switched_off_is_not_made_up() -> None:
    cron = make_cron(enabled=False, late=timedelta(days=3))

    assert lifecycle.update(cron.cron_id, {"enabled": True}).next_run_date > now()  # type: ignore[operator]


def test_changes_of_nothing() -> None:
    cron = create()
    with pytest.raises(NothingToUpdate):
        lifecycle.update(cron.cron_id, {})
    with pytest.raises(CronToUpdateNotFound):
        lifecycle.update(uuid4(), {"enabled": False})
    lifecycle.delete(cron.cron_id)
    with pytest.raises(CronNotFound):
        lifecycle.get(cron.cron_id)
    with pytest.raises(CronNotFound):
        lifecycle.delete(cron.cron_id)


def test_a_cron_goes_with_its_assistant_and_its_firings_with_it() -> None:
    doomed = make_assistant("chat")
    of_thread = make_cron(assistant_id=doomed.assistant_id, thread=make_thread())
    stays = make_cron()
    CronFiring.objects.create(cron=of_thread, instant=now(), lag=timedelta(0))
    make_cron(assistant_id=doomed.assistant_id)

    assistants.delete(doomed.assistant_id, delete_threads=False)

    assert list(Cron.objects.all()) == [stays]
    assert not CronFiring.objects.exists()


@pytest.mark.parametrize(("gone", "refusal"), [("assistant", AssistantNotFound), ("thread", ThreadGone)])
def test_who_goes_while_its_cron_is_made_is_not_found(
    gone: str, refusal: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id, take_over = make_thread().thread_id, lifecycle.take_over

    def meanwhile(cron: Cron, body: Mapping[str, Any]) -> None:
        take_over(cron, body)
        assistants.delete(cron.assistant_id, delete_threads=False) if gone == "assistant" else delete_rows([thread_id])

    monkeypatch.setattr(lifecycle, "take_over", meanwhile)

    with pytest.raises(refusal):
        lifecycle.create({"assistant_id": "echo", "schedule": "@daily"}, thread_id=thread_id)
